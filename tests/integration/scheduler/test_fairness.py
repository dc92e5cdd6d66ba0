from collections import Counter

from mlmon_scheduler.domain.gates import PAUSED
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.conftest import SLOT, Queue

LARGE = Vector(cpu_milli=2000, memory=2**30)


async def take(queue: Queue, count: int, *, seconds: float = 10.0) -> list[str]:
    """Lease, run for that long and end one run after the other; return their clients."""
    clients = []
    for _ in range(count):
        run = await queue.start()
        clients.append((await queue.fields(run.run_id))["client"])
        queue.clock.advance(seconds)
        await queue.end(run)
    return clients


async def add_many(
    queue: Queue, client: str, count: int, *, estimate: float = 10.0, shape: Vector = SLOT
) -> None:
    for number in range(count):
        await queue.add(f"{client}-{number}", client=client, estimate=estimate, shape=shape)


async def test_equal_clients_take_turns_whoever_came_first(queue: Queue):
    await add_many(queue, "early", 20)
    await add_many(queue, "late", 20)
    await queue.add_agent(slots=1)

    clients = await take(queue, 20)

    assert Counter(clients) == {"early": 10, "late": 10}
    assert all(abs(clients[:n].count("early") - clients[:n].count("late")) <= 2 for n in range(20))


async def test_client_of_twice_the_weight_gets_twice_as_much(queue: Queue):
    await queue.order.configure_clients(
        [ClientLimits("heavy", 2.0, 0), ClientLimits("light", 1.0, 0)]
    )
    await add_many(queue, "heavy", 40)
    await add_many(queue, "light", 40)
    await queue.add_agent(slots=1)

    clients = Counter(await take(queue, 30))

    assert abs(clients["heavy"] - 20) <= 2


async def test_changed_weight_moves_what_is_queued_already(queue: Queue):
    await add_many(queue, "first", 40)
    await add_many(queue, "second", 40)
    await queue.add_agent(slots=1)
    await take(queue, 4)
    await queue.order.configure_clients([ClientLimits("second", 8.0, 0)])

    clients = Counter(await take(queue, 18))

    assert clients["second"] >= 14


async def test_long_runs_cost_their_client_its_turns(queue: Queue):
    await add_many(queue, "long", 30, estimate=600.0)
    await add_many(queue, "short", 30, estimate=60.0)
    await queue.add_agent(slots=1)

    clients = []
    for _ in range(22):
        run = await queue.start()
        client = (await queue.fields(run.run_id))["client"]
        queue.clock.advance(600 if client == "long" else 60)
        await queue.end(run)
        clients.append(client)

    seconds = {"long": 600 * clients.count("long"), "short": 60 * clients.count("short")}
    assert abs(seconds["long"] - seconds["short"]) <= 2 * 600


async def test_what_was_estimated_too_high_is_given_back(queue: Queue):
    await add_many(queue, "guessed", 30, estimate=3600.0)
    await add_many(queue, "known", 30, estimate=10.0)
    await queue.add_agent(slots=1)

    first = Counter(await take(queue, 20))
    await queue.order.configure_clients([ClientLimits("known", 0.001, 0)])
    afterwards = Counter(await take(queue, 20))

    assert (first["guessed"], afterwards["guessed"]) == (1, 20)


async def test_newcomer_gets_its_turn_but_not_everything(queue: Queue):
    await add_many(queue, "busy", 60)
    await queue.add_agent(slots=1)
    await take(queue, 30)
    await add_many(queue, "new", 40)

    clients = await take(queue, 40)

    # It starts with half of what the busy one has used: 15 runs; then they take turns.
    assert clients[:10] == ["new"] * 10
    assert 25 <= clients.count("new") <= 30


async def test_newcomer_does_not_pay_for_what_others_use_in_another_pool(queue: Queue):
    for number in range(40):
        await queue.add(f"far-{number}", client="far", pools=["gpu"], estimate=3600.0)
        await queue.add(f"near-{number}", client="near", pools=["cpu"], estimate=10.0)
    await queue.add_agent("gpu", pool="gpu", slots=20, patience=10_000.0)
    await queue.add_agent("cpu", pool="cpu", slots=1, patience=10_000.0)
    for _ in range(3):
        near = await queue.start("cpu")
        queue.clock.advance(10.0)
        await queue.end(near)
    await queue.lease("gpu", maximum=20)
    for number in range(3):
        await queue.add(f"new-{number}", client="new", pools=["cpu"], estimate=10.0)

    clients = []
    for _ in range(8):
        run = await queue.start("cpu")
        clients.append((await queue.fields(run.run_id))["client"])
        queue.clock.advance(10.0)
        await queue.end(run)

    # It is compared with the one that it waits with, and they take turns.
    assert clients.count("new") == 3


async def test_client_that_cannot_use_the_host_lets_others_pass(queue: Queue):
    await add_many(queue, "large", 200, shape=LARGE)
    await queue.add("small", client="small", shape=SLOT)
    await queue.add_agent(slots=1)

    assert [run.run_id for run in await queue.lease(maximum=4)] == ["small"]


async def test_hundreds_of_clients_that_do_not_fit_are_walked_past(queue: Queue):
    for number in range(300):
        await queue.add(f"large-{number}", client=f"client-{number}", shape=LARGE)
    await queue.add("small", client="last", shape=SLOT)
    await queue.add_agent(slots=1)

    assert [run.run_id for run in await queue.lease(maximum=4)] == ["small"]


async def test_client_is_charged_in_every_lane_and_class(queue: Queue):
    await add_many(queue, "wide", 10)
    for number in range(10):
        await queue.add(f"wide-cpu-{number}", client="wide", pools=["cpu"], estimate=10.0)
        await queue.add(f"narrow-cpu-{number}", client="narrow", pools=["cpu"], estimate=10.0)
    await queue.add_agent(slots=1)

    clients = Counter(await take(queue, 12))

    assert abs(clients["wide"] - clients["narrow"]) <= 2


async def test_client_at_its_limit_waits_and_goes_on_when_a_run_of_it_ends(queue: Queue):
    await queue.order.configure_clients([ClientLimits("acme", 1.0, 1)])
    await add_many(queue, "acme", 3)
    await queue.add("other", client="other")
    await queue.add_agent(slots=4)
    first = await queue.start()

    assert {run.run_id for run in await queue.lease(maximum=4)} == {"other"}
    assert await queue.lease(maximum=4) == []

    await queue.end(first)

    assert [run.run_id for run in await queue.lease(maximum=4)] == ["acme-1"]


async def test_raised_limit_lets_a_waiting_client_go_on(queue: Queue):
    await queue.order.configure_clients([ClientLimits("acme", 1.0, 1)])
    await add_many(queue, "acme", 3)
    await queue.add_agent(slots=4)
    await queue.start()
    assert await queue.lease(maximum=4) == []

    await queue.order.configure_clients([ClientLimits("acme", 1.0, 3)])

    assert len(await queue.lease(maximum=4)) == 2


async def test_runs_of_a_client_at_its_limit_can_be_cancelled(queue: Queue):
    await queue.order.configure_clients([ClientLimits("acme", 1.0, 1)])
    await add_many(queue, "acme", 3)
    await queue.add_agent(slots=4)
    first = await queue.start()
    await queue.lease(maximum=4)

    await queue.runs.cancel(["acme-1", "acme-2"], "Cancelled.")
    await queue.end(first)
    await queue.add("acme-3", client="acme")

    assert [run.run_id for run in await queue.lease(maximum=4)] == ["acme-3"]


async def test_client_that_was_never_charged_keeps_its_order_over_all_its_queues(queue: Queue):
    await queue.add("older", client="acme", pools=["cpu"])
    queue.clock.advance(1.0)
    await queue.add("urgent", client="acme", priority=80)
    await queue.add_agent(slots=1)

    assert (await queue.start()).run_id == "urgent"


async def test_paused_client_gets_nothing_until_it_is_resumed(queue: Queue):
    await add_many(queue, "acme", 2)
    await queue.add_agent(slots=4)
    first = await queue.start()
    await queue.order.configure_clients([ClientLimits("acme", 1.0, PAUSED)])
    await queue.add("acme-late", client="acme")

    assert await queue.lease(maximum=4) == []
    await queue.end(first)
    assert await queue.lease(maximum=4) == []
    await queue.order.configure_clients([ClientLimits("acme", 1.0, 0)])
    assert [run.run_id for run in await queue.lease(maximum=4)] == ["acme-1", "acme-late"]
