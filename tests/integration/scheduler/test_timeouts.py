"""Attempts that their agents should have ended: the server is the backstop."""

from pathlib import Path

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import LeasedRun
from mlmon_scheduler.domain.attempt_limits import AttemptLimits
from mlmon_scheduler.loops.expire_timeouts import ExpireTimeouts
from mlmon_shared.wire.agent_protocol import DirectiveKind, Held
from mlmon_shared.wire.job_definitions import Retries
from mlmon_shared.wire.runs import Usage
from mlmon_shared.wire.states import AttemptState, Cause, RunState
from tests.integration.scheduler.completing import Completing
from tests.integration.scheduler.conftest import Queue

LIMITS = AttemptLimits(run_ms=60_000, silence_ms=None, margin_ms=20_000)
SILENCE = AttemptLimits(run_ms=3_600_000, silence_ms=60_000, margin_ms=20_000)


class Watched:
    """A running attempt, its agent and the loop."""

    def __init__(self, queue: Queue, completing: Completing) -> None:
        self.queue = queue
        self.completing = completing
        self.loop = ExpireTimeouts(queue.leases, completing.completer)
        self.granted: LeasedRun

    async def start(self, limits: AttemptLimits = LIMITS) -> None:
        await self.queue.add("run")
        await self.queue.add_agent()
        (granted,) = await self.queue.lease()
        await self.queue.accept(
            "agent", granted.run_id, granted.attempt, granted.fence, limits=limits
        )
        self.granted = granted
        await self.beat()

    async def beat(
        self,
        phase: AttemptState = AttemptState.RUNNING,
        *,
        log_bytes: int | None = 0,
        is_held: bool = True,
    ) -> list[DirectiveKind]:
        held = Held(
            run_id="run",
            attempt=self.granted.attempt,
            fence=self.granted.fence,
            phase=phase,
            usage=Usage(log_bytes=log_bytes),
        )
        outcome = await self.queue.leases.beat(
            "agent",
            "session-agent",
            [held] if is_held else [],
            deadline_seconds=600,
            is_draining=False,
        )
        return [directive.kind for directive in outcome.directives]

    async def go_on(self, seconds: int, *, log_step: int = 0, is_held: bool = True) -> None:
        """Beat every five seconds, each time with so much more output."""
        for number in range(seconds // 5):
            self.queue.clock.advance(5)
            await self.beat(log_bytes=log_step * (number + 1), is_held=is_held)
            await self.loop.tick()


@pytest.fixture
def watched(queue: Queue, tmp_path: Path) -> Watched:
    return Watched(queue, Completing(queue, tmp_path))


async def test_agent_is_told_to_kill_what_runs_a_margin_too_long(queue: Queue, watched: Watched):
    await watched.start()

    await watched.go_on(75)
    assert await watched.beat() == []

    await watched.go_on(5)
    assert await watched.beat() == [DirectiveKind.KILL]
    (order,) = await queue.leases.find_directives("agent")
    assert (order.attempt, order.fence) == (watched.granted.attempt, watched.granted.fence)
    reason = (
        "The command ran longer than its timeout of 60 s, and its agent did not stop it: the "
        "server had it killed."
    )
    assert order.reason == reason
    assert [event["reason"] for event in await queue.events("attempt") if "reason" in event] == [
        reason
    ]
    assert await queue.state("run") == "running"


@pytest.mark.parametrize("is_held", [True, False])
async def test_attempt_ends_as_failed_a_margin_after_the_order(
    queue: Queue, watched: Watched, is_held: bool
):
    await watched.start()
    await watched.go_on(80)

    await watched.go_on(15, is_held=is_held)
    assert await queue.state("run") == "running"
    await watched.go_on(5, is_held=is_held)

    run = await queue.runs.find_run("run")
    assert run is not None
    assert (run.fields["state"], run.fields["cause"]) == ("failed", "timeout")
    assert "longer than its timeout of 60 s" in run.fields["reason"]
    assert run.attempts[0]["state"] == "failed"
    assert await queue.redis.exists(key("held", "agent"), key("timeouts")) == 0
    late = await watched.completing.report(watched.granted, AttemptState.SUCCEEDED)
    assert late == RunState.FAILED
    assert await watched.beat() == [DirectiveKind.KILL]


async def test_retry_policy_applies_to_what_the_server_ends(queue: Queue, watched: Watched):
    watched.completing.policy = Retries.model_validate(
        {"rules": [{"causes": ["timeout"], "action": "retry", "backoff": 0}]}
    )
    await watched.start()

    await watched.go_on(100)

    assert await queue.state("run") == "delayed"


async def test_command_that_prints_nothing_counts_as_hung(queue: Queue, watched: Watched):
    watched.completing.policy = Retries()
    await watched.start(SILENCE)

    await watched.go_on(300, log_step=10)
    assert await watched.beat(log_bytes=600) == []

    await watched.go_on(85)
    assert await watched.beat() == [DirectiveKind.KILL]
    await watched.go_on(20)
    fields = await queue.fields("run")
    assert (fields["state"], fields["cause"]) == ("failed", Cause.HUNG)
    assert fields["reason"].startswith("The command printed nothing for 60 s, and its agent")


async def test_agent_that_does_not_count_output_is_not_judged_by_it(queue: Queue, watched: Watched):
    await watched.start(SILENCE)

    for _ in range(40):
        queue.clock.advance(5)
        assert await watched.beat(log_bytes=None) == []
        await watched.loop.tick()


async def test_result_that_waited_for_the_server_is_not_lost_to_the_backstop(
    queue: Queue, watched: Watched
):
    await watched.start()
    queue.clock.advance(3600)

    await watched.loop.tick()
    assert await watched.beat() == []
    await watched.loop.tick()
    queue.clock.advance(15)
    assert await watched.beat() == []
    await watched.loop.tick()

    assert await watched.completing.report(watched.granted, AttemptState.SUCCEEDED) == (
        RunState.SUCCEEDED
    )


async def test_attempt_that_finishes_is_not_timed_any_more(queue: Queue, watched: Watched):
    await watched.start()
    await watched.beat(AttemptState.FINISHING)

    for _ in range(40):
        queue.clock.advance(5)
        assert await watched.beat(AttemptState.FINISHING) == []
        await watched.loop.tick()

    assert await queue.state("run") == "running"
    assert await queue.redis.exists(key("timeouts")) == 0


async def test_silent_agent_is_left_to_its_own_deadline(queue: Queue, watched: Watched):
    await watched.start()

    for _ in range(30):
        queue.clock.advance(10)
        await watched.loop.tick()

    assert await queue.state("run") == "running"
    assert await queue.leases.find_directives("agent") == []


async def test_run_that_is_being_cancelled_ends_as_cancelled(queue: Queue, watched: Watched):
    await watched.start()
    await watched.go_on(75)
    await queue.runs.cancel(["run"], "asked")

    await watched.go_on(25)

    fields = await queue.fields("run")
    assert (fields["state"], fields["reason"]) == ("cancelled", "asked")
