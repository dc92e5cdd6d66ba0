"""What agents do with runs, what gets lost of it, and what comes late."""

from collections.abc import Collection

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from mlmon_scheduler.application.stored import AttemptEnding, LeasedRun
from mlmon_shared.errors import StaleFenceError
from tests.integration.scheduler.conftest import ACCEPT_SECONDS
from tests.integration.scheduler.machine.driver import IMAGES, Driver, held_entry
from tests.integration.scheduler.machine.model import LEASED


class Attempts(Driver):
    """Leases from their grant to their end."""

    @precondition(lambda self: self.model.in_state("queued"))
    @rule(
        agent_id=st.sampled_from(["large", "small"]),
        maximum=st.integers(1, 4),
        images=st.sets(st.sampled_from(IMAGES)),
    )
    def lease(self, agent_id: str, maximum: int, images: Collection[str] = ()) -> None:
        agent = self.model.agents[agent_id]
        granted = self.do(self.queue.lease(agent_id, maximum, images=sorted(images)))
        assert not (granted and agent.is_drained), "a drained agent got a run"
        agent.last_grants = [(run.run_id, run.attempt, run.fence) for run in granted]
        for grant in granted:
            self._check_grant(agent, grant)
        self._follow(("queued", "parked"))
        if len(granted) < maximum and not agent.is_drained:
            for run in self.model.in_state("queued"):
                assert self.model.may_wait(run) or not self.model.fits(run, agent), (
                    f"{run.id} was left although {agent_id} has room"
                )

    @rule(agent_id=st.sampled_from(["large", "small"]))
    def lose_the_answer_of_a_lease(self, agent_id: str) -> None:
        agent = self.model.agents[agent_id]
        if not agent.last_grants:
            # A poll that got nothing is asked anew, and may get something.
            return
        again = self.do(self.queue.lease(agent_id, 4, repeat=True))
        known = {(run.id, run.attempt, run.fence) for run in self.model.held_by(agent_id)}
        for run in again:
            assert (run.run_id, run.attempt, run.fence) in known
            assert (run.run_id, run.attempt, run.fence) in agent.last_grants
        self._follow()

    @precondition(lambda self: self.model.in_state("leased", "running"))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.model.in_state("leased", "running")))
        self._accept(run)

    @rule(
        agent_id=st.sampled_from(["large", "small"]),
        state=st.sampled_from(["succeeded", "failed", "retry"]),
        edges=st.integers(0, 3),
    )
    def work(self, agent_id: str, state: str, edges: int) -> None:
        """Let an agent take what it can, start it, and end what it started first."""
        self.lease(agent_id, 4)
        held = self.model.held_by(agent_id)
        for run in held:
            if run.state == "leased":
                self._accept(run)
        if held:
            self._end(min(held, key=lambda run: run.granted_at), state)
        if edges:
            self.fan_out(edges)

    @rule(edges=st.integers(1, 5))
    def fan_out(self, edges: int) -> None:
        self.do(self.queue.runs.fan_out(edges))
        moves = [("blocked", state) for state in ("queued", "parked", "delayed", "skipped")]
        self._follow(*moves, ("held", "skipped"))

    @precondition(lambda self: self.model.in_state(*LEASED))
    @rule(data=st.data(), state=st.sampled_from(["succeeded", "failed", "retry", "held"]))
    def complete(self, data: st.DataObject, state: str) -> None:
        run = data.draw(st.sampled_from(self.model.in_state(*LEASED)))
        self._end(run, state)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def complete_again(self, data: st.DataObject) -> None:
        ending, _ = data.draw(st.sampled_from(self.ended))
        run = self.model.runs[ending.run_id]
        answer = self.do(self.queue.complete(ending))
        assert answer.run_state == run.state
        self._follow()

    @precondition(lambda self: self._leased_anew())
    @rule(data=st.data())
    def report_late(self, data: st.DataObject) -> None:
        self._report_late(data.draw(st.sampled_from(self._leased_anew())))

    def _report_late(self, grant: LeasedRun) -> None:
        """Report a success of an attempt whose run is leased anew, under its number and the new."""
        run = self.model.runs[grant.run_id]
        fields = self.do(self.queue.fields(run.id))
        for number in {run.attempt, grant.attempt}:
            forged = AttemptEnding(
                run.id, number, grant.fence, fields["rv"], "succeeded", "succeeded"
            )
            try:
                answer = self.do(self.queue.complete(forged))
            except StaleFenceError:
                continue
            # Of an attempt that ended by itself the stored answer is repeated.
            assert answer.run_state == run.state, "a stale fence completed a run"
            assert number == grant.attempt
        self._follow()

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def accept_with_a_stale_fence(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(self._leased_anew() or self.stale))
        run = self.model.runs[grant.run_id]
        if run.fence == grant.fence and run.state in LEASED:
            return
        try:
            self.do(self.queue.accept("large", grant.run_id, grant.attempt, grant.fence))
        except StaleFenceError:
            self._follow()
        else:
            raise AssertionError("a stale fence was accepted")

    @precondition(lambda self: self.model.in_state("leased"))
    @rule(seconds=st.sampled_from([ACCEPT_SECONDS / 2, ACCEPT_SECONDS + 1]))
    def let_grants_expire(self, seconds: float) -> None:
        self.clock.advance(seconds)
        due = [
            run
            for run in self.model.in_state("leased")
            if run.granted_at + ACCEPT_SECONDS * 1000 <= self.clock.now_ms()
        ]
        self.stale += [self._grant_of(run) for run in due]
        self.do(self.queue.leases.expire_grants(100, heard_since_ms=0))
        self._follow(("leased", "queued"), ("leased", "parked"))
        assert not [run for run in due if run.state == "leased"]

    @rule(data=st.data(), agent_id=st.sampled_from(["large", "small"]), is_full=st.booleans())
    def beat(self, data: st.DataObject, agent_id: str, is_full: bool) -> None:
        held = self.model.held_by(agent_id)
        shown = [run for run in held if run.state != "leased"]
        strangers = [grant for grant in self.stale if grant.run_id not in {r.id for r in held}]
        stranger = data.draw(st.sampled_from(strangers)) if strangers else None
        values = [held_entry(run.id, run.attempt, run.fence) for run in shown]
        if stranger is not None:
            values.append(held_entry(stranger.run_id, stranger.attempt, stranger.fence))
        outcome = self.do(
            self.queue.leases.beat(
                agent_id,
                f"session-{agent_id}",
                values,
                deadline_seconds=10**7,
                is_draining=False,
                is_full=is_full,
            )
        )
        killed = {order.run_id for order in outcome.directives if order.kind == "kill"}
        assert killed == ({stranger.run_id} if stranger is not None else set())
        told = {order.run_id for order in outcome.directives if order.kind == "cancel"}
        assert told == {run.id for run in held if run.state == "cancelling"}
        if is_full:
            assert set(outcome.not_held) == {run.id for run in held} - {run.id for run in shown}
        self._follow()

    @rule(agent_id=st.sampled_from(["large", "small"]), is_drained=st.booleans())
    def drain(self, agent_id: str, is_drained: bool) -> None:
        self.do(self.queue.leases.drain_agent(agent_id, "ada" if is_drained else None))
        self.model.agents[agent_id].is_drained = is_drained
        self._follow()

    @rule(agent_id=st.sampled_from(["large", "small"]))
    def lose_an_agent(self, agent_id: str) -> None:
        for run in self.model.held_by(agent_id):
            fields = self.do(self.queue.fields(run.id))
            state = "cancelled" if run.state == "cancelling" else "queued"
            ending = AttemptEnding(run.id, run.attempt, run.fence, fields["rv"], "lost", state)
            self.stale.append(self._grant_of(run))
            before = run.state
            self.do(self.queue.complete(ending))
            self._follow((before, state), (before, "parked"))
        if self.model.in_state("queued"):
            # What comes back is leased anew at once, so that old messages meet new leases.
            self.lease(agent_id, 4)
            for grant in self._leased_anew():
                self._report_late(grant)
