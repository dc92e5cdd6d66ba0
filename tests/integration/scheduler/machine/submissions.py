"""How runs come into the queue."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, multiple, rule

from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.machine.driver import CLIENTS, GATES, Driver

GIB = 2**30
SHAPES = [Vector(cpu_milli=1000, memory=GIB), Vector(cpu_milli=2000, memory=GIB)]
CONDITIONS = ["succeeded", "failed", "finished"]
LANES = ["critical", "normal", "low"]


class Submissions(Driver):
    """Runs of every kind, and those that an example begins with."""

    run_ids = Bundle("run_ids")

    def _submit_first_runs(self) -> list[str]:
        """Submit a few runs of every kind, so that each example has something to do."""

        def submit(client: str, *parents: tuple[str, str], gates: str = "", delay: int = 0) -> str:
            return self._submit(
                client=client,
                lane="normal",
                priority=50,
                shape=SHAPES[0],
                gates=gates,
                parents=list(parents),
                delay=delay,
            )

        first, second = submit("acme"), submit("bolt")
        both = submit("acme", (first, "succeeded"), (second, "finished"))
        gated = [submit(client, gates=gates) for gates in GATES for client in CLIENTS[:2]]
        return [first, second, both, submit("coda", (both, "finished")), *gated]

    @rule(
        target=run_ids,
        client=st.sampled_from(CLIENTS),
        lane=st.sampled_from(LANES),
        priority=st.integers(0, 100),
        shape=st.sampled_from(SHAPES),
        gates=st.sampled_from(["", "", *GATES]),
        parents=st.lists(st.tuples(run_ids, st.sampled_from(CONDITIONS)), max_size=3),
        delay=st.sampled_from([0, 0, 0, 20]),
    )
    def submit(
        self,
        *,
        client: str,
        lane: str,
        priority: int,
        shape: Vector,
        gates: str,
        parents: list[tuple[str, str]],
        delay: int,
    ) -> str:
        return self._submit(
            client=client,
            lane=lane,
            priority=priority,
            shape=shape,
            gates=gates,
            parents=parents,
            delay=delay,
        )

    @rule(
        target=run_ids,
        clients=st.lists(st.sampled_from(CLIENTS), min_size=2, max_size=5),
        gates=st.sampled_from(["", *GATES]),
        shape=st.sampled_from(SHAPES),
    )
    def submit_several(self, clients: list[str], gates: str, shape: Vector) -> MultipleResults[str]:
        names = [
            self._submit(
                client=client,
                lane="normal",
                priority=50,
                shape=shape,
                gates=gates,
                parents=[],
                delay=0,
            )
            for client in clients
        ]
        return multiple(*names)

    @rule(name=run_ids)
    def submit_again(self, name: str) -> None:
        if self.model.runs[name].is_forgotten:
            # Its tombstone went with the store.
            return
        self._add(self.model.runs[name], "")
        self._follow()
