"""Times in which several clients always have something to do: each gets as much."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.scheduler.machine.attempts import Attempts
from tests.integration.scheduler.machine.model import FINAL, LEASED, Run
from tests.integration.scheduler.machine.submissions import SHAPES, Submissions

SECONDS = st.integers(1, 600)


class BusyWindows(Submissions, Attempts):
    """Clients of equal weight with runs of unequal costs."""

    windows = 0

    @rule(costs=st.lists(st.lists(SECONDS, min_size=2, max_size=4), min_size=2, max_size=3))
    def serve_a_busy_window(self, costs: list[list[int]]) -> None:
        """New clients submit, and agents work until one has nothing left that waits.

        Every run takes exactly as long as was estimated, so that its cost is what was charged.
        """
        self.windows += 1
        waiting = {
            f"client-{self.windows}-{number}": [
                self.model.runs[
                    self._submit(
                        client=f"client-{self.windows}-{number}",
                        lane="normal",
                        priority=50,
                        shape=SHAPES[0],
                        gates="",
                        parents=[],
                        delay=0,
                        estimate=float(seconds),
                    )
                ]
                for seconds in of_client
            ]
            for number, of_client in enumerate(costs)
        }
        runs = {run.id: run for of_client in waiting.values() for run in of_client}
        served = dict.fromkeys(waiting, 0.0)
        most = max(run.estimate for run in runs.values())
        self.drain("large", is_drained=False)
        while all(any(run.state == "queued" for run in each) for each in waiting.values()):
            before = {run.id for run in runs.values() if run.state == "queued"}
            self.lease("large", 1)
            granted = [runs[name] for name in before if runs[name].state != "queued"]
            for run in granted:
                served[run.client] += run.estimate
            spread = max(served.values()) - min(served.values())
            assert spread <= 2 * most, f"clients were served unequally: {served}"
            if not granted:
                self._make_room("large", runs)

    @rule(priorities=st.lists(st.integers(0, 100), min_size=2, max_size=4, unique=True))
    def serve_by_priority(self, priorities: list[int]) -> None:
        """A new client submits at one moment, and its runs go by their priority alone."""
        self.windows += 1
        runs = [
            self.model.runs[
                self._submit(
                    client=f"client-{self.windows}-0",
                    lane="normal",
                    priority=priority,
                    shape=SHAPES[0],
                    gates="",
                    parents=[],
                    delay=0,
                )
            ]
            for priority in priorities
        ]
        self.drain("large", is_drained=False)
        while waiting := [run for run in runs if run.state == "queued"]:
            first = max(waiting, key=lambda run: run.priority)
            self.lease("large", 1)
            granted = [run for run in waiting if run.state != "queued"]
            assert granted in ([], [first]), f"{granted[0].id} went before {first.id}"
            if not granted:
                self._make_room("large", {})

    def _make_room(self, agent_id: str, window: dict[str, Run]) -> None:
        """End what an agent holds: runs of the window in their time, all others at once."""
        held = self.model.held_by(agent_id)
        for run in held:
            if run.state == "leased":
                self._accept(run)
        others = [run for run in held if run.id not in window]
        for run in others:
            self._end(run, "failed")
        ends = {run.id: run.granted_at + round(run.estimate * 1000) for run in held}
        for run in sorted((run for run in held if run.id in window), key=lambda run: ends[run.id]):
            self.clock.advance(max(0, ends[run.id] - self.clock.now_ms()) / 1000)
            self._end(run, "succeeded")
        assert all(run.state in FINAL for run in held)
        assert not [run for run in self.model.held_by(agent_id) if run.state in LEASED]
