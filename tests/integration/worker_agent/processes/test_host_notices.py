"""Agents on instances that are about to end: the metadata service is a stand-in over real HTTP."""

from datetime import UTC, datetime, timedelta

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.outputs import OutputKind
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.adapters.instance_metadata import InstanceMetadata
from mlmon_worker_agent.domain.host_notices import HostNotice, NoticeKind
from tests.instance_metadata import LIFECYCLE, Metadata
from tests.integration.worker_agent.conftest import FakeScheduler
from tests.integration.worker_agent.processes.conftest import AgentProcess

SPOT = "spot/instance-action"
REBALANCE = "events/recommendations/rebalance"
CHECKPOINTS = """
import os, pathlib, signal, sys, time
def stop(*_):
    pathlib.Path(os.environ["MLMON_OUT"], "state.bin").write_bytes(b"step 7")
    print("told:", pathlib.Path(os.environ["MLMON_STOP_REASON_FILE"]).read_text(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
# Not by print: a signal that comes before that returns may not print itself.
os.write(1, b"ready\\n")
while True:
    time.sleep(0.05)
"""


async def ready(scheduler: FakeScheduler, spec: AttemptSpec) -> None:
    await eventually(lambda: "ready" in scheduler.log_of(spec))


async def test_interruption_stops_what_runs_with_its_reason_and_costs_no_retry(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    # Alone, it would kill the command long before it has said anything.
    scheduler.kill_grace_seconds = 0.0
    outputs = [scheduler.output("state.bin", OutputKind.CHECKPOINT)]
    spec = scheduler.python(CHECKPOINTS, outputs=outputs)
    await agent.start(metadata_url=metadata.url, stop_with_parent="true")
    await ready(scheduler, spec)

    at = datetime.now(UTC) + timedelta(seconds=120)
    metadata.entries[SPOT] = f'{{"action": "terminate", "time": "{at:%Y-%m-%dT%H:%M:%SZ}"}}'
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.PREEMPTED, Cause.SPOT)
    assert f"taken back at {at:%H:%M:%S} UTC, in 1" in result.reason
    assert f"told: {result.reason}" in scheduler.log_of(spec)
    assert [each.path for each in result.checkpoints] == ["state.bin"]
    assert scheduler.uploads["state.bin"] == b"step 7"
    await eventually(lambda: scheduler.beats[-1].is_draining)
    # It stays, and takes nothing more.
    scheduler.enqueue("true")
    polls = len(scheduler.polls)
    beats = len(scheduler.beats)
    await eventually(lambda: len(scheduler.beats) > beats + 3)
    assert len(scheduler.queue) == 1
    assert all(poll.maximum == 0 for poll in scheduler.polls[polls:])
    assert "notice about the host" in agent.log


async def test_recommendation_lets_what_runs_go_on_and_takes_no_more(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    spec = scheduler.python(CHECKPOINTS)
    await agent.start(metadata_url=metadata.url, stop_with_parent="true")
    await ready(scheduler, spec)

    metadata.entries[REBALANCE] = '{"noticeTime": "2026-11-28T12:00:00Z"}'
    await eventually(lambda: scheduler.beats[-1].is_draining)
    assert not scheduler.finals

    metadata.entries[LIFECYCLE] = "Terminated"
    result = await scheduler.result(spec)
    assert (result.state, result.cause) == (AttemptState.PREEMPTED, Cause.HOST)
    assert result.reason == "The host is taken out of its Auto Scaling group."


async def test_metadata_is_asked_again_when_a_token_has_ended(metadata: Metadata) -> None:
    async with InstanceMetadata(metadata.url) as asked:
        assert await asked.find_notice() is None
        metadata.tokens.clear()
        metadata.entries[SPOT] = "not JSON"
        assert await asked.find_notice() == HostNotice(NoticeKind.INTERRUPTION)
    assert metadata.made == 2


async def test_metadata_that_cannot_be_reached_ends_nothing(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    spec = scheduler.python(CHECKPOINTS)
    await agent.start(metadata_url="http://127.0.0.1:9", stop_with_parent="true")
    await ready(scheduler, spec)
    assert not scheduler.beats[-1].is_draining
