import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.domain.signatures import Signer
from mlmon_shared.testing.clocks import FakeClock


def open_store(root: Path) -> FolderArtifactStore:
    return FolderArtifactStore(root, Signer("k" * 32), FakeClock(), limit=2**20)


async def test_upload_that_a_killed_process_left_is_removed_at_the_next_start(tmp_path: Path):
    open_store(tmp_path)
    left = tmp_path / ".uploads" / "left"
    left.write_text("half")

    open_store(tmp_path)

    assert not left.exists()


async def test_upload_in_another_process_is_left_alone(tmp_path: Path):
    open_store(tmp_path)
    going_on = tmp_path / ".uploads" / "going-on"
    with going_on.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        open_store(tmp_path)

        assert going_on.exists()


async def test_stored_file_leaves_no_upload(tmp_path: Path):
    async def content() -> AsyncIterator[bytes]:
        yield b"whole"

    await open_store(tmp_path).save("run.1", "a.txt", content(), sha256=None)

    assert (tmp_path / "run" / "1" / "a.txt").read_bytes() == b"whole"
    assert list((tmp_path / ".uploads").iterdir()) == []
