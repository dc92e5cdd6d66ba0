"""What an attempt that does not succeed leaves for the next one of its run."""

import hashlib

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import AttemptSpec, OutputFile
from mlmon_shared.wire.job_definitions import Timeouts
from mlmon_shared.wire.outputs import OutputKind
from mlmon_shared.wire.states import AttemptState, Cause
from tests.integration.worker_agent.conftest import FakeScheduler
from tests.integration.worker_agent.processes.conftest import AgentProcess

WRITE = """
import os, pathlib, sys, time
out = pathlib.Path(os.environ["MLMON_OUT"])
(out / "state.bin").write_bytes(b"step 7")
print("ready", flush=True)
"""


def checkpoint(scheduler: FakeScheduler, path: str = "state.bin") -> OutputFile:
    return scheduler.output(path, OutputKind.CHECKPOINT)


def uploaded(scheduler: FakeScheduler) -> dict[str, bytes]:
    files = scheduler.uploads.items()
    return {path: content for path, content in files if not path.startswith("log/")}


def kept(scheduler: FakeScheduler, spec: AttemptSpec) -> list[str]:
    return [each.path for each in scheduler.finals[spec.fence].checkpoints]


async def test_failed_attempt_keeps_its_checkpoint_and_publishes_nothing(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    spec = scheduler.python(
        WRITE + "sys.exit(75)",
        outputs=[
            checkpoint(scheduler),
            checkpoint(scheduler, "unwritten.bin"),
            scheduler.output("scores.csv"),
        ],
    )
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.exit_code) == (AttemptState.FAILED, 75)
    (document,) = result.checkpoints
    assert (document.path, document.kind, document.size) == ("state.bin", "checkpoint", 6)
    assert document.sha256 == hashlib.sha256(b"step 7").hexdigest()
    assert uploaded(scheduler) == {"state.bin": b"step 7"}
    assert result.artifacts == []


async def test_success_neither_needs_nor_keeps_a_checkpoint(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    without = scheduler.enqueue("true", outputs=[checkpoint(scheduler)])
    written = scheduler.python(WRITE, outputs=[checkpoint(scheduler)])
    await agent.start()

    for spec in (without, written):
        result = await scheduler.result(spec)
        assert result.state is AttemptState.SUCCEEDED, result
        assert (result.artifacts, result.checkpoints) == ([], [])
    assert uploaded(scheduler) == {}


@pytest.mark.parametrize("outputs", [["scores.csv"], []])
async def test_attempt_out_of_time_or_without_its_output_keeps_its_checkpoint(
    scheduler: FakeScheduler, agent: AgentProcess, outputs: list[str]
) -> None:
    spec = scheduler.python(
        WRITE + ("" if outputs else "time.sleep(600)"),
        outputs=[checkpoint(scheduler), *map(scheduler.output, outputs)],
        timeouts=Timeouts(run=600 if outputs else 1),
    )
    await agent.start()
    result = await scheduler.result(spec)

    assert result.cause is (Cause.USER_ERROR if outputs else Cause.TIMEOUT), result
    assert kept(scheduler, spec) == ["state.bin"]


async def test_cancelled_attempt_keeps_nothing(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    spec = scheduler.python(WRITE + "time.sleep(600)", outputs=[checkpoint(scheduler)])
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))
    scheduler.cancel(spec)
    result = await scheduler.result(spec)

    assert (result.state, result.checkpoints) == (AttemptState.CANCELLED, [])
    assert uploaded(scheduler) == {}


async def test_checkpoint_that_is_no_file_is_named_and_changes_no_outcome(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    code = WRITE + "os.symlink('/etc/hostname', out / 'link.bin')\nsys.exit(3)"
    spec = scheduler.python(
        code, outputs=[checkpoint(scheduler, "link.bin"), checkpoint(scheduler)]
    )
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.exit_code) == (AttemptState.FAILED, 3)
    assert result.reason == (
        "The command ended with exit code 3. The declared output link.bin is not a regular file."
    )
    assert kept(scheduler, spec) == ["state.bin"]


async def test_cancel_ends_the_upload_of_a_checkpoint(
    scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    scheduler.fails_uploads = 10**6
    spec = scheduler.python(WRITE + "sys.exit(75)", outputs=[checkpoint(scheduler)])
    await agent.start()
    await eventually(lambda: scheduler.fails_uploads < 10**6)
    scheduler.cancel(spec)
    result = await scheduler.result(spec)

    assert (result.exit_code, result.checkpoints) == (75, [])
