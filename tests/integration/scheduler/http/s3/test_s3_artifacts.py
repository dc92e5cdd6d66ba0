"""Artifacts in S3, which moto stands in for: the scheduler signs, and agents move the bytes."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlmon_scheduler.adapters.s3.artifacts import S3ArtifactStore, UploadSizes
from mlmon_scheduler.adapters.s3.clients import S3Client
from mlmon_scheduler.application.sweep_artifacts import ArtifactSweeper
from mlmon_shared.clocks import SystemClock
from mlmon_shared.errors import (
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    StaleFenceError,
)
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.log_archives import LogRecord
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.s3.conftest import (
    BUCKET,
    FEATURES,
    MIB,
    PARAMETERS,
    PREFIX,
    Bucket,
    OnS3,
)
from tests.integration.worker_agent.processes.conftest import AgentProcess
from tests.moto_servers import REGION

pytestmark = pytest.mark.asyncio(loop_scope="session")
PUBLISH = {
    "name": "s3-publish",
    "image": "any",
    "command": [
        "sh",
        "-c",
        f'head -c {7 * MIB} /dev/zero > "$MLMON_OUT/large.bin"; : > "$MLMON_OUT/empty"',
    ],
    "outputs": [{"path": "large.bin"}, {"path": "empty"}],
}
LOSABLE = {
    "name": "s3-losable",
    "image": "any",
    "command": ["true"],
    "outputs": [{"path": "model.joblib"}],
    "retries": {"rules": [{"causes": ["lost"], "action": "retry", "backoff": 0}]},
}
CONSUME = {
    "name": "s3-consume",
    "image": "any",
    "command": [
        "sh",
        "-c",
        'cd "$MLMON_IN" && sha256sum given/large.bin features.csv > "$MLMON_OUT/sum.txt"',
    ],
    "depends_on": [{"job": "s3-publish"}],
    "parameters": PARAMETERS,
    "inputs": [
        {"from": "artifact:s3-publish/large.bin", "to": "given/large.bin"},
        {"from": FEATURES, "to": "features.csv"},
    ],
    "outputs": [{"path": "sum.txt"}],
}

# Each attempt but the third adds 7 MiB to what the one before left, and fails.
RESUME = {
    "name": "s3-resume",
    "image": "any",
    "command": [
        "sh",
        "-c",
        (
            'touch "$MLMON_OUT/state" "$MLMON_OUT/sizes"; cd "$MLMON_IN"; '
            '[ ! -d checkpoint ] || cp checkpoint/* "$MLMON_OUT"; cd "$MLMON_OUT"; '
            '[ "$MLMON_ATTEMPT" != 3 ] || exec cp sizes steps.txt; '
            f'head -c {7 * MIB} /dev/zero >> state; printf "%s " $(wc -c < state) >> sizes; exit 75'
        ),
    ],
    "outputs": [
        {"path": "state", "kind": "checkpoint"},
        {"path": "sizes", "kind": "checkpoint"},
        {"path": "steps.txt"},
    ],
    "retries": {"user": 3, "rules": [{"exit_codes": [75], "action": "retry", "backoff": 0}]},
}


@asynccontextmanager
async def real_agent(on_s3: OnS3, folder: Path) -> AsyncIterator[AgentProcess]:
    """In place of the simulated one."""
    await on_s3.agent.client.deregister(on_s3.agent.registered.session)
    agent = AgentProcess(folder / "state", on_s3)
    agent.settings = {"bootstrap_token": on_s3.services.tokens["agent-cpu"]}
    await agent.start()
    try:
        yield agent
    finally:
        await agent.stop()


async def test_published_file_is_in_the_bucket_and_is_read_through_the_scheduler(
    on_s3: OnS3, bucket: Bucket
):
    run = await on_s3.submit("train")
    started = await on_s3.agent.start()
    assert started.spec.outputs[0].upload is None
    artifact = await on_s3.upload(started)
    assert (await on_s3.client.list_artifacts(run.id)).items == []
    await on_s3.agent.report(started, artifacts=[artifact])

    assert (await on_s3.client.list_artifacts(run.id)).items == [artifact]
    assert await on_s3.read(run.id) == b"model"
    assert bucket.names() == [f"{PREFIX}{run.id}/1/model.joblib"]


async def test_dependant_gets_what_it_needs_by_a_url_that_s3_signed(on_s3: OnS3, bucket: Bucket):
    await on_s3.submit("train")
    trained = await on_s3.agent.start()
    await on_s3.agent.report(trained, artifacts=[await on_s3.upload(trained)])
    await on_s3.submit("score")

    (given,) = (await on_s3.agent.start()).spec.inputs

    assert given.download.url.startswith(f"{bucket.url}/{BUCKET}/")
    assert await on_s3.agent.download(given.download) == b"model"


async def test_success_whose_file_is_not_in_the_bucket_is_a_failure_of_ours(on_s3: OnS3):
    run = await on_s3.submit("train")
    started = await on_s3.agent.start()
    artifact = await on_s3.upload(started)
    other = artifact.model_copy(update={"sha256": "0" * 64})

    answer = await on_s3.agent.report(started, artifacts=[other])

    assert (answer.status, answer.run_state) == ("accepted", "delayed")
    reason = (await on_s3.client.get_run(run.id)).reason
    assert reason == "The output model.joblib did not reach the artifact store."


async def test_only_declared_outputs_are_uploaded_by_who_holds_the_lease(on_s3: OnS3):
    await on_s3.submit("train")
    started = await on_s3.agent.start()
    other = await FakeAgent(
        on_s3.url, on_s3.services.tokens["agent-cpu"], on_s3.services.http
    ).register()

    with pytest.raises(InvalidRequestError, match="other is no output of train v1"):
        await on_s3.begin(started, "other")
    with pytest.raises(StaleFenceError, match="no longer holds its lease"):
        await on_s3.begin(started, fence="9.9")
    on_s3.agent = other
    with pytest.raises(StaleFenceError):
        await on_s3.begin(started)


async def test_files_of_a_lost_attempt_are_not_published_and_are_collected(
    on_s3: OnS3, bucket: Bucket
):
    await on_s3.agent.client.deregister(on_s3.agent.registered.session)
    await on_s3.agent.register(agent_id="s3-host", boot_id="first")
    await on_s3.apply(LOSABLE)
    run = await on_s3.submit("s3-losable")
    lost = await on_s3.agent.start()
    stale = await on_s3.upload(lost, b"stale")
    late = await on_s3.begin(lost, content=b"later")
    await on_s3.agent.register(agent_id="s3-host", boot_id="second")
    assert (await on_s3.agent.report(lost, artifacts=[stale])).status == "stale-fence"
    with pytest.raises(StaleFenceError):
        await on_s3.begin(lost)
    started = await on_s3.agent.start()
    fresh = await on_s3.upload(started, b"fresh")
    # What was granted before the lease was lost still works, and changes nothing.
    assert late.grant is not None
    await on_s3.services.http.put(late.grant.url, headers=late.grant.headers, content=b"later")
    await on_s3.agent.report(started, artifacts=[fresh])
    assert await on_s3.read(run.id) == b"fresh"
    assert len(bucket.names()) == 2

    clock = FakeClock()
    with sweeper(on_s3, bucket, clock) as sweep:
        clock.set_to(SystemClock().now())
        await sweep()
        assert len(bucket.names()) == 2, "young files are left alone"
        clock.advance(7200)
        await sweep()

    assert bucket.names() == [f"{PREFIX}{run.id}/{started.grant.attempt}/model.joblib"]
    assert await on_s3.read(run.id) == b"fresh"


async def test_files_of_runs_that_go_on_or_are_unknown_are_kept(on_s3: OnS3, bucket: Bucket):
    await on_s3.submit("train")
    await on_s3.upload(await on_s3.agent.start())
    bucket.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}unknown/1/a", Body=b"x")
    before = bucket.names()

    clock = FakeClock()
    with sweeper(on_s3, bucket, clock) as sweep:
        clock.set_to(SystemClock().now())
        clock.advance(7200)
        await sweep()

    assert bucket.names() == before
    assert len(before) == 2


@contextmanager
def sweeper(on_s3: OnS3, bucket: Bucket, clock: FakeClock) -> Iterator[Callable[[], Any]]:
    """Yield the sweep of the whole store, as the scheduler's loop does it."""
    client = S3Client(clock, region=REGION, endpoint_url=bucket.url)
    store = S3ArtifactStore(client, BUCKET, PREFIX, UploadSizes(2**30, 5 * MIB, 6 * MIB))
    reader = on_s3.services.app_state("on-s3").run_reader
    sweeping = ArtifactSweeper(store, reader, clock, after_seconds=3600)

    async def sweep() -> None:
        while await sweeping.sweep():
            pass

    yield sweep
    client.close()


async def test_log_is_archived_in_the_bucket_and_is_no_file_to_collect(on_s3: OnS3, bucket: Bucket):
    run = await on_s3.submit("train")
    started = await on_s3.agent.start()
    await on_s3.agent.archive(started, 0, LogRecord("stdout", 0, b"one\n"))
    with pytest.raises(PreconditionFailedError):
        await on_s3.agent.archive(started, 0, LogRecord("stdout", 0, b"another\n"))
    await on_s3.agent.archive(started, 1, LogRecord("stdout", 4, b"two\n"))
    artifact = await on_s3.upload(started)
    await on_s3.agent.report(started, artifacts=[artifact])
    before = bucket.names()
    assert len(before) == 3

    clock = FakeClock()
    with sweeper(on_s3, bucket, clock) as sweep:
        clock.set_to(SystemClock().now())
        clock.advance(7200)
        await sweep()

    assert bucket.names() == before
    async with on_s3.client.open_logs(run.id) as response:
        assert (await response.aread()).decode() == "one\ntwo\n"


async def test_scheduler_on_s3_takes_no_files_itself(on_s3: OnS3):
    url = on_s3.services.signed_upload("run.1", "a", expires_ms=2**42)

    answer = await on_s3.services.http.put(on_s3.url + url, content=b"x")

    assert answer.status_code == 404
    assert "artifacts are in S3" in answer.json()["detail"]


async def test_real_agent_publishes_by_parts_and_a_dependant_reads_it(
    on_s3: OnS3, bucket: Bucket, tmp_path: Path
):
    await on_s3.apply(PUBLISH)
    await on_s3.apply(CONSUME)
    async with real_agent(on_s3, tmp_path) as agent:
        published = await on_s3.submit("s3-publish")
        consumed = await on_s3.submit("s3-consume")
        ended = await on_s3.client.wait_run(consumed.id, timeout_seconds=60)

    assert ended.state == "succeeded", (ended.reason, agent.log)
    (large,) = [each for each in (await on_s3.client.get_run(published.id)).artifacts if each.size]
    assert large.size == 7 * MIB
    head = bucket.s3.head_object(Bucket=BUCKET, Key=f"{PREFIX}{published.id}/1/large.bin")
    assert head["ETag"].endswith('-2"')
    expected = hashlib.sha256(b"\0" * 7 * MIB).hexdigest()
    given = hashlib.sha256(b"features").hexdigest()
    sums = (await on_s3.read(consumed.id, "sum.txt")).decode().split()
    assert sums == [expected, "given/large.bin", given, "features.csv"]


async def test_file_that_is_gone_is_said_to_be(on_s3: OnS3, bucket: Bucket):
    run = await on_s3.submit("train")
    started = await on_s3.agent.start()
    await on_s3.agent.report(started, artifacts=[await on_s3.upload(started)])
    for name in bucket.names():
        bucket.s3.delete_object(Bucket=BUCKET, Key=name)

    with pytest.raises(NotFoundError, match="no longer in the artifact store"):
        await on_s3.read(run.id)


async def test_attempts_of_a_real_agent_go_on_where_the_one_before_was(on_s3: OnS3, tmp_path: Path):
    await on_s3.apply(RESUME)
    async with real_agent(on_s3, tmp_path) as agent:
        run = await on_s3.submit("s3-resume")
        ended = await on_s3.client.wait_run(run.id, timeout_seconds=60)

    assert ended.state == "succeeded", (ended.reason, agent.log)
    assert [attempt.exit_code for attempt in ended.attempts] == [75, 75, 0]
    assert await on_s3.read(run.id, "steps.txt") == b"7340032 14680064 "
    assert ended.checkpoints == []
