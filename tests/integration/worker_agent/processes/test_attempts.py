"""What becomes of an attempt, from grant to result."""

import hashlib
import shutil
import sys
import time

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.job_definitions import Resources, Timeouts
from mlmon_shared.wire.outputs import OutputKind
from mlmon_shared.wire.states import AttemptState, Cause

FOREVER = "import time\nprint('ready', flush=True)\ntime.sleep(600)"


async def test_success_publishes_outputs_metrics_and_log(scheduler, agent):
    code = """
import os, pathlib, sys
given = pathlib.Path(os.environ["MLMON_IN"], "deep/model.txt").read_text()
out = pathlib.Path(os.environ["MLMON_OUT"])
(out / "scores.csv").write_text(given * 2)
(out / "metrics.json").write_text('{"rmse": 1.5, "name": "x", "ok": true}')
print("::mlmon progress=0.42")
print("::mlmon metric name=auc value=0.91")
print("hello")
print("warned", file=sys.stderr)
"""
    spec = scheduler.python(
        code,
        inputs=[scheduler.input("deep/model.txt", b"model\n")],
        outputs=[
            scheduler.output("scores.csv"),
            scheduler.output("metrics.json", OutputKind.METRICS),
        ],
    )
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED, result
    assert result.exit_code == 0
    assert result.metrics == {"auc": 0.91, "rmse": 1.5}
    assert set(result.phases) == {"prepare", "run", "finish"}
    assert result.usage.peak_memory is not None
    artifact = result.artifacts[0]
    content = b"model\nmodel\n"
    assert (artifact.path, artifact.size) == ("scores.csv", len(content))
    assert artifact.sha256 == hashlib.sha256(content).hexdigest()
    assert result.artifacts[1].kind == "metrics"
    assert scheduler.uploads["scores.csv"] == content
    headers = scheduler.upload_headers["scores.csv"]
    assert headers["x-content-sha256"] == artifact.sha256
    assert headers["content-length"] == str(len(content))
    assert scheduler.log_of(spec).endswith("hello\n")
    assert scheduler.log_of(spec, "stderr") == "warned\n"


async def test_token_of_the_attempt_reaches_the_command_and_not_the_log(scheduler, agent):
    code = "import os\nprint('I am ' + os.environ['MLMON_TOKEN'] + '.')"
    spec = scheduler.python(code, token="mlt1.hunter2")
    await agent.start()
    await scheduler.result(spec)

    assert scheduler.log_of(spec) == "I am ************.\n"


async def test_progress_is_beaten_while_the_command_runs(scheduler, agent):
    spec = scheduler.python("print('::mlmon progress=0.5', flush=True)\n" + FOREVER)
    await agent.start()

    await eventually(
        lambda: any(
            held.progress == 0.5 and held.phase is AttemptState.RUNNING
            for beat in scheduler.beats
            for held in beat.held
        )
    )
    scheduler.cancel(spec)


async def test_failure_has_exit_code_and_last_words(scheduler, agent):
    spec = scheduler.python("import sys\nprint('OO has 32 flights', file=sys.stderr)\nsys.exit(64)")
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.USER_ERROR)
    assert result.exit_code == 64
    assert result.reason == (
        'The command ended with exit code 64. Its last words: "OO has 32 flights"'
    )


async def test_missing_output_fails_the_attempt(scheduler, agent):
    spec = scheduler.enqueue("true", outputs=[scheduler.output("scores.csv")])
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.USER_ERROR)
    assert result.reason == "The declared output scores.csv was not written."
    assert scheduler.uploads == {}


async def test_symbolic_link_out_of_the_output_folder_is_not_published(scheduler, agent):
    code = "import os\nos.symlink('/etc/hostname', os.environ['MLMON_OUT'] + '/scores.csv')"
    spec = scheduler.python(code, outputs=[scheduler.output("scores.csv")])
    await agent.start()
    result = await scheduler.result(spec)

    assert result.reason == "The declared output scores.csv is not a regular file."
    assert scheduler.uploads == {}


async def test_damaged_input_is_the_infrastructures_fault(scheduler, agent):
    wanted = scheduler.input("model.txt", b"model")
    scheduler.downloads["model.txt"] = b"modem"
    spec = scheduler.enqueue("true", inputs=[wanted])
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.INFRA)
    assert result.reason.startswith("The input model.txt could not be downloaded")


async def test_missing_command_is_named(scheduler, agent):
    spec = scheduler.enqueue("python3x")
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.USER_ERROR)
    assert result.reason == "The command could not be started: python3x: not found on PATH."


async def test_disk_that_is_not_free_is_not_offered(scheduler, agent):
    await agent.start(disk=str(2**50))
    await eventually(lambda: scheduler.polls)

    assert 0 < scheduler.polls[-1].free.disk <= shutil.disk_usage(agent.folder).total


async def test_upload_outlasts_an_outage(scheduler, agent):
    scheduler.fails_uploads = 5
    write = "import os, pathlib; pathlib.Path(os.environ['MLMON_OUT'], 'a.txt').write_text('a')"
    spec = scheduler.python(write, outputs=[scheduler.output("a.txt")])
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.uploads["a.txt"] == b"a"


async def test_upload_is_given_up_when_the_patience_is_over(scheduler, agent):
    scheduler.fails_uploads = 1000
    write = "import os, pathlib; pathlib.Path(os.environ['MLMON_OUT'], 'a.txt').write_text('a')"
    spec = scheduler.python(write, outputs=[scheduler.output("a.txt")])
    await agent.start(transfer_patience_seconds="0.2")
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.INFRA)
    assert result.reason.startswith("The output a.txt could not be uploaded")


async def test_too_little_disk_is_said(scheduler, agent):
    scheduler.is_generous = True
    spec = scheduler.enqueue("true", resources=Resources(disk=2**50))
    await agent.start(disk=str(2**51))
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.DISK)
    assert result.reason.endswith("the job asks for 1.049e+06 GiB.")


async def test_more_disk_than_was_asked_for_ends_the_attempt(scheduler, agent):
    code = """
import os, pathlib, time
pathlib.Path(os.environ["MLMON_OUT"], "large").write_bytes(b"x" * 2 * 2**20)
time.sleep(600)
"""
    spec = scheduler.python(code, resources=Resources(disk=2**20))
    await agent.start(disk_check_seconds="0.1")
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.USER_ERROR)
    assert result.reason.endswith("the job asks for 1 MiB (resources.disk).")
    assert result.usage.peak_disk is not None
    assert result.usage.peak_disk > 2 * 2**20


async def test_what_children_wrote_to_the_disk_is_the_attempts(scheduler, agent):
    code = """
import os, subprocess, sys
write = "import os, sys; out = open(sys.argv[1], 'wb'); out.write(bytes(8 * 2**20)); "
write += "out.flush(); os.fsync(out.fileno())"
subprocess.run([sys.executable, "-c", write, os.environ["MLMON_OUT"] + "/large"], check=True)
"""
    spec = scheduler.python(code)
    await agent.start()
    usage = (await scheduler.result(spec)).usage

    assert usage.disk_written is not None
    assert 8 * 2**20 <= usage.disk_written < 10 * 2**20
    # The network is everybody's.
    assert usage.network_sent is None


async def test_run_timeout_stops_the_command(scheduler, agent):
    spec = scheduler.python(FOREVER, timeouts=Timeouts(run=0.5))
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.TIMEOUT)
    assert result.reason == "The command ran longer than its timeout of 0.5 s."


async def test_silence_counts_as_hung(scheduler, agent):
    spec = scheduler.python(FOREVER, timeouts=Timeouts(silence=0.5))
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.HUNG)


async def test_memory_above_the_limit_is_oom(scheduler, agent):
    code = "import time\nblock = bytearray(b'x') * (128 * 2**20)\ntime.sleep(600)"
    spec = scheduler.python(code, resources=Resources(memory=64 * 2**20))
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.OOM)


async def test_cancel_arrives_within_a_second_on_a_full_agent(scheduler, agent):
    spec = scheduler.python(FOREVER, resources=Resources(cpu=4, memory=256 * 2**20))
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))
    await eventually(lambda: scheduler.polls[-1].maximum == 0)
    begun = time.monotonic()
    scheduler.cancel(spec)
    result = await scheduler.result(spec)

    assert time.monotonic() - begun < 1.0
    assert (result.state, result.cause) == (AttemptState.CANCELLED, None)


async def test_freed_capacity_takes_the_next_run_at_once(scheduler, agent):
    whole = Resources(cpu=4, memory=256 * 2**20)
    specs = [scheduler.enqueue("true", resources=whole) for _ in range(3)]
    await agent.start()
    for spec in specs:
        result = await scheduler.result(spec)

        assert result.state is AttemptState.SUCCEEDED


async def test_refused_log_does_not_disturb_the_run(scheduler, agent):
    scheduler.refuses_logs = True
    spec = scheduler.enqueue(sys.executable, "-c", "print('x' * 3_000_000)")
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED


async def test_large_log_arrives_whole(scheduler, agent):
    spec = scheduler.python("for n in range(60000): print(n)")
    await agent.start()
    await scheduler.result(spec)

    assert scheduler.log_of(spec) == "".join(f"{n}\n" for n in range(60000))
