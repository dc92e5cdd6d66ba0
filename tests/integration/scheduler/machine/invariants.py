"""What is true of the store after every step, whatever happened before."""

from collections import Counter, defaultdict
from typing import Any

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import PREFIX, key
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.machine.model import FINAL, LEASED, Model

Hash = dict[str, str]
_READERS = {
    "hash": lambda name: ("HGETALL", name),
    "zset": lambda name: ("ZRANGE", name, 0, -1),
    "set": lambda name: ("SMEMBERS", name),
}
_PLACES = {"q": "queue", "parked": "parked", "delayed": "delayed", "held": "held"}


class Contents:
    """Everything in the store at one moment, read in two round trips."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    async def read(cls, redis: Redis) -> "Contents":
        names = [str(name) for name in await redis.keys(f"{PREFIX}*")]
        async with redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.type(name)
            kinds = await pipeline.execute()
            wanted = [
                (name, _READERS[kind](name))
                for name, kind in zip(names, kinds, strict=True)
                if kind in _READERS
            ]
            for _, command in wanted:
                pipeline.execute_command(*command)
            found = await pipeline.execute()
        return cls({name: value for (name, _), value in zip(wanted, found, strict=True)})

    def fields_of(self, name: str) -> Hash:
        return dict(self._values.get(name, {}))

    def members(self, name: str) -> list[str]:
        return list(self._values.get(name, []))

    def runs(self) -> dict[str, Hash]:
        """Return every run's fields by its id."""
        prefix = key("run", "")
        return {
            name.removeprefix(prefix): dict(value)
            for name, value in self._values.items()
            if name.startswith(prefix)
        }

    def places(self) -> dict[str, list[str]]:
        """Return where each run stands."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, value in self._values.items():
            kind = name.removeprefix(PREFIX).split(":")[0]
            if kind in _PLACES:
                for member in value:
                    found[member.rsplit("|", 1)[-1]].append(_PLACES[kind])
        return found


async def check_invariants(redis: Redis, model: Model) -> None:
    """Compare everything that the store has with the model."""
    store = await Contents.read(redis)
    runs = store.runs()
    assert {name: fields["state"] for name, fields in runs.items()} == {
        run.id: run.state for run in model.runs.values() if not run.is_forgotten
    }
    places, live = store.places(), set(store.members(key("live")))
    for run in model.runs.values():
        expected = {
            "queued": ["queue"], "parked": ["parked"], "delayed": ["delayed"],
            "leased": ["held"], "running": ["held"], "cancelling": ["held"],
        }.get(run.state, [])  # fmt: skip
        assert places.get(run.id, []) == expected, f"{run.id} is {run.state}"
        assert (run.id in live) == (run.state not in FINAL)
        assert len(run.outcomes) <= 1, f"{run.id} ended as {run.outcomes}"
    _check_agents(store, model)
    _check_gates(store, model)
    _check_index(store, model, runs)


def _check_agents(store: Contents, model: Model) -> None:
    for agent in model.agents.values():
        fields = store.fields_of(key("agent", agent.id))
        used = Vector(
            cpu_milli=int(fields["used_cpu_milli"]),
            memory=int(fields["used_memory"]),
            gpus=int(fields["used_gpus"]),
            disk=int(fields["used_disk"]),
        )
        assert used == model.used_by(agent.id)
        assert used.fits_into(agent.capacity), "an agent holds more than it has"
        held = store.fields_of(key("held", agent.id))
        assert {name: value.split("|")[1] for name, value in held.items()} == {
            run.id: run.fence for run in model.held_by(agent.id)
        }


def _check_gates(store: Contents, model: Model) -> None:
    for gate in model.capacities:
        holders = store.fields_of(key("holders", gate))
        assert {name: int(amount) for name, amount in holders.items()} == {
            run.id: run.gates[gate] for run in model.holders(gate)
        }
        assert model.room_at(gate) >= 0, f"more holds {gate} than it has"
        parked = store.members(key("parked", gate))
        if parked and not [run for run in model.in_state("queued") if gate in run.gates]:
            waiting = [model.runs[member.rsplit("|", 1)[1]] for member in parked]
            # The first in turn may ask for more than the others; they do not overtake it.
            most = max(run.gates[gate] for run in waiting)
            assert model.room_at(gate) < most, f"{gate} has room, and runs are parked at it"
    for client in {run.client for run in model.runs.values()}:
        held = store.fields_of(key("holds", client))
        leased = [run for run in model.in_state(*LEASED) if run.client == client]
        taken = {name: value.split("|") for name, value in held.items()}
        assert taken == {
            run.id: [str(amount) for amount in run.vector.model_dump().values()] for run in leased
        }


def _check_index(store: Contents, model: Model, runs: dict[str, Hash]) -> None:
    """Check counters and the index of clients against the queued runs."""
    queued = [runs[run.id] for run in model.in_state("queued")]
    by_client = Counter(fields["client"] for fields in queued)
    counted = store.fields_of(key("queued_by_client"))
    assert {name: int(count) for name, count in counted.items()} == by_client
    queues = {(fields["class"], fields["effective_lane"]) for fields in queued}
    assert set(store.members(key("open_queues"))) == {"|".join(queue) for queue in queues}
    for queue in queues:
        inside = [f for f in queued if (f["class"], f["effective_lane"]) == queue]
        cells = store.fields_of(key("cells", *queue))
        assert {name: int(n) for name, n in cells.items()} == Counter(f["cell"] for f in inside)
        bests: dict[str, dict[str, str]] = defaultdict(dict)
        for fields in inside:
            order = f"{int(fields['order']) + 10**15:016d}"
            of_client = bests[fields["client"]]
            of_client[fields["shape"]] = min(order, of_client.get(fields["shape"], order))
        stored = {
            client: dict(part.split("=") for part in packed.split(";") if part)
            for client, packed in (store.fields_of(key("bests", *queue))).items()
        }
        assert stored == bests
        heads = set(store.members(key("heads", *queue)))
        aside = {
            client for client in bests if "|".join(queue) in store.members(key("aside", client))
        }
        assert heads | aside == set(bests)
        assert not heads & aside
