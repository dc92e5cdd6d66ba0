"""The archive of logs, as the agent fills it."""

import asyncio
import hashlib

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.log_archives import LogRecord, pack_chunk, unpack_chunk
from mlmon_shared.wire.states import AttemptState

UNTIL_TOLD = """
import pathlib, sys, time
print("before " * 200_000, flush=True)
while not pathlib.Path({flag!r}).exists():
    time.sleep(0.02)
print("after", file=sys.stderr)
"""


def chunks_of(scheduler, spec):
    prefix = f"log/{spec.run_id}.{spec.attempt}/"
    names = sorted(name for name in scheduler.uploads if name.startswith(prefix))
    return [list(unpack_chunk(scheduler.uploads[name])) for name in names]


def text_of(scheduler, spec, stream="stdout"):
    """Return a stream from the archive as readers put it together: by the offsets."""
    text, end = b"", 0
    for record in (each for chunk in chunks_of(scheduler, spec) for each in chunk):
        if record.stream == stream:
            assert record.offset <= end, "a gap"
            text += record.data[end - record.offset :]
            end = max(end, record.end)
    return text.decode()


async def test_whole_log_is_archived_before_the_end_is_told(scheduler, agent):
    code = """
import sys
for number in range(40_000):
    print(f"line {number} of a log that is larger than a chunk")
print("oops", file=sys.stderr)
sys.exit(3)
"""
    spec = scheduler.python(code)
    await agent.start()
    result = await scheduler.result(spec)
    chunks = chunks_of(scheduler, spec)

    assert result.state is AttemptState.FAILED
    expected = "".join(
        f"line {number} of a log that is larger than a chunk\n" for number in range(40_000)
    )
    assert len(chunks) > 1
    assert text_of(scheduler, spec) == expected
    assert text_of(scheduler, spec, "stderr") == "oops\n"
    name = f"log/{spec.run_id}.1/000000"
    digest = hashlib.sha256(scheduler.uploads[name]).hexdigest()
    assert scheduler.upload_headers[name]["x-content-sha256"] == digest


async def test_log_is_archived_to_its_end_by_the_agent_that_returns(scheduler, agent, tmp_path):
    flag = tmp_path / "go on"
    spec = scheduler.python(UNTIL_TOLD.format(flag=str(flag)))
    await agent.start()
    await eventually(lambda: chunks_of(scheduler, spec))
    await agent.kill()
    flag.touch()
    await agent.start()
    await scheduler.result(spec)

    assert len(chunks_of(scheduler, spec)) > 1
    assert text_of(scheduler, spec) == "before " * 200_000 + "\n"
    assert text_of(scheduler, spec, "stderr") == "after\n"


async def test_chunk_that_was_stored_and_not_noted_is_not_overwritten(scheduler, agent):
    spec = scheduler.python("print('one'); print('two')")
    stored = pack_chunk([LogRecord("stdout", 0, b"one\n")])
    scheduler.uploads[f"log/{spec.run_id}.1/000000"] = stored
    await agent.start()
    await scheduler.result(spec)

    assert chunks_of(scheduler, spec) == [
        [LogRecord("stdout", 0, b"one\n")],
        [LogRecord("stdout", 0, b"one\ntwo\n")],
    ]


async def test_archive_that_is_away_is_waited_for_and_holds_up_no_tail(scheduler, agent):
    scheduler.is_archive_down = True
    spec = scheduler.python("print('hello')")
    await agent.start()
    await eventually(lambda: scheduler.log_of(spec) == "hello\n")
    assert chunks_of(scheduler, spec) == []
    assert scheduler.finals == {}
    scheduler.is_archive_down = False
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert text_of(scheduler, spec) == "hello\n"


async def test_secrets_are_masked_in_the_archive_too(scheduler, agent):
    spec = scheduler.python("print('I am hunter2')", secrets={"password": "hunter2"})
    await agent.start()
    await scheduler.result(spec)

    assert text_of(scheduler, spec) == "I am *******\n"


async def test_attempt_without_output_has_no_chunk(scheduler, agent):
    specs = [scheduler.python("pass") for _ in range(2)]
    await agent.start()
    await asyncio.gather(*(scheduler.result(spec) for spec in specs))

    assert [chunks_of(scheduler, spec) for spec in specs] == [[], []]
