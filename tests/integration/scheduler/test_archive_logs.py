"""The archive of logs in a folder: what it takes and how long it keeps it."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.application.archive_logs import LogArchive
from mlmon_scheduler.domain.signatures import Signer
from mlmon_scheduler.loops.sweep_logs import SweepLogs
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.log_archives import LogUpload, chunk_path

KEEP = timedelta(days=30)
UPLOAD = LogUpload(session="s", fence="1.1", seq=0, size=10, sha256="0" * 64)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> FolderArtifactStore:
    return FolderArtifactStore(tmp_path, Signer("k" * 32), clock, limit=2**20)


async def save(store: FolderArtifactStore, attempt_id: str, path: str) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"bytes"

    await store.save(attempt_id, path, content(), sha256=None)


async def paths_of(store: FolderArtifactStore) -> list[str]:
    page = await store.list_files(after=None, limit=1000)
    return [f"{file.attempt_id}/{file.path}" for file in page.files]


async def test_sweep_removes_logs_that_are_old_and_no_artifacts(
    store: FolderArtifactStore, clock: FakeClock, tmp_path: Path
):
    old, young, model = chunk_path("1.1", 0), chunk_path("1.1", 1), "model.joblib"
    for attempt in ("run-a.1", "run-b.1"):
        for path in (old, young, model):
            await save(store, attempt, path)
    await save(store, "run-c.1", old)
    limit = (clock.now() - KEEP).timestamp()
    for name in await paths_of(store):
        attempt, _, path = name.partition("/")
        file = tmp_path / attempt.removesuffix(".1") / "1" / path
        at = limit + (60 if path == young else -60)
        os.utime(file, (at, at))
    sweeping = SweepLogs(LogArchive(store, clock, keep_seconds=KEEP.total_seconds()))

    assert await sweeping.tick() is False

    kept = [f"{attempt}/{path}" for attempt in ("run-a.1", "run-b.1") for path in (young, model)]
    assert await paths_of(store) == kept
    assert not (tmp_path / "run-c").exists()


async def test_store_is_listed_page_by_page_each_file_once(store: FolderArtifactStore):
    names = [f"run-{run}.{number}" for run in "abc" for number in (1, 2)]
    for name in names:
        for path in ("a.txt", "deep/b.txt"):
            await save(store, name, path)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await store.list_files(after=after, limit=5)
        seen += [f"{file.attempt_id}/{file.path}" for file in page.files]
        after = page.position
        if after is None:
            break

    assert seen == [f"{name}/{path}" for name in names for path in ("a.txt", "deep/b.txt")]


async def test_nothing_is_archived_where_logs_are_kept_for_no_time(
    store: FolderArtifactStore, clock: FakeClock
):
    without = LogArchive(store, clock, keep_seconds=0)
    with_archive = LogArchive(store, clock, keep_seconds=1)

    assert (await without.begin_upload("run.1", UPLOAD)).upload is None
    assert (await with_archive.begin_upload("run.1", UPLOAD)).upload is not None
