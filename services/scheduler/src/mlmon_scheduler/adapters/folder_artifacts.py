"""The artifact store in a local folder: `<root>/<run>/<attempt>/<path>`.

Uploads are written in `<root>/.uploads` and locked meanwhile: what is there without a lock was
left by a process that was killed.
"""

import asyncio
import fcntl
import hashlib
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from mlmon_scheduler.application.attempt_ports import FilePage, StoredFile
from mlmon_scheduler.domain.artifact_keys import check_artifact_path, split_attempt_id
from mlmon_scheduler.domain.signatures import Signer
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    ServiceUnavailableError,
)
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan

_PIECE: Final = 256 * 1024
_NO_SPACE: Final = 28
_UPLOADS: Final = ".uploads"
_UPLOAD_SECONDS: Final = 3600.0


class FolderArtifactStore:
    """Implements `ArtifactStore`, and `GrantedTransfers` for the grants that it signs.

    Args:
        root: Made when it is not there.
        signer: Signs grants.
        clock: For their expiry.
        limit: Bytes of one file.
    """

    def __init__(self, root: Path, signer: Signer, clock: Clock, *, limit: int) -> None:
        self._root = root
        self._signer = signer
        self._clock = clock
        self._limit = limit
        self._uploads = root / _UPLOADS
        self._uploads.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def upload_grant(self, attempt_id: str, path: str, *, seconds: float) -> TransferGrant:
        """Return the right to upload one file under the attempt's prefix."""
        return self._grant("PUT", attempt_id, path, seconds)

    async def grant_upload(
        self,
        attempt_id: str,
        path: str,
        *,
        size: int,  # noqa: ARG002 - the port's signature
        sha256: str,  # noqa: ARG002
        seconds: float,
    ) -> TransferGrant:
        """Return the right to upload this content; the sender says what it is."""
        return self._grant("PUT", attempt_id, path, seconds)

    async def begin_upload(
        self, attempt_id: str, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Return how this content gets to its place; see the port."""
        if size > self._limit:
            raise self._too_large()
        target = self._path(attempt_id, path)
        found = await asyncio.to_thread(_find_digest, target)
        if found == sha256:
            return UploadPlan(is_stored=True)
        if found is not None:
            await asyncio.to_thread(target.unlink, missing_ok=True)
        return UploadPlan(grant=self._grant("PUT", attempt_id, path, _UPLOAD_SECONDS))

    async def grant_parts(
        self,
        attempt_id: str,
        path: str,
        upload_id: str,  # noqa: ARG002 - the port's signature
        parts: Sequence[FilePart],  # noqa: ARG002
    ) -> list[TransferGrant]:
        """Refuse: files come whole."""
        raise NotFoundError(f"{path} of {attempt_id} is not uploaded in parts")

    async def complete_upload(
        self,
        attempt_id: str,
        path: str,
        upload_id: str,  # noqa: ARG002 - the port's signature
        parts: Sequence[UploadedPart],  # noqa: ARG002
    ) -> None:
        """Refuse: files come whole."""
        raise NotFoundError(f"{path} of {attempt_id} is not uploaded in parts")

    async def download_grant(self, attempt_id: str, path: str, *, seconds: float) -> TransferGrant:
        """Return the right to download one file."""
        return self._grant("GET", attempt_id, path, seconds)

    def check_grant(
        self, method: str, attempt_id: str, path: str, *, expires_ms: int, signature: str
    ) -> None:
        """Refuse a transfer that was not granted, or no longer is.

        Raises:
            ForbiddenError: The signature is not ours, or its time is up.
        """
        is_ours = self._signer.is_transfer_signed(method, attempt_id, path, expires_ms, signature)
        if not is_ours or expires_ms < self._clock.now_ms():
            raise ForbiddenError("this transfer was not granted, or its grant has expired")

    async def save(
        self, attempt_id: str, path: str, content: AsyncIterator[bytes], *, sha256: str | None
    ) -> ArtifactDocument:
        """Store a file; it appears whole or not at all; see the port.

        Args:
            attempt_id: `<run>.<attempt>`.
            path: Relative.
            content: Pieces of the file.
            sha256: What the sender computed; None when it did not say.
        """
        target = self._path(attempt_id, path)
        try:
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._uploads)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise _full(error) from error
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for piece in content:
                    size += len(piece)
                    if size > self._limit:
                        raise self._too_large()
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(_sync, file)
            found = digest.hexdigest()
            if sha256 is not None and found != sha256:
                raise InvalidRequestError(f"{path} arrived with sha256 {found}, not {sha256}")
            if not await asyncio.to_thread(_publish, Path(temporary), target, found):
                raise PreconditionFailedError(f"another {path} of {attempt_id} is there already")
        except OSError as error:
            raise _full(error) from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108 - one quick call, not worth a thread
        return ArtifactDocument(path=path, size=size, sha256=found)

    async def find_missing(
        self, attempt_id: str, artifacts: Sequence[ArtifactDocument]
    ) -> list[str]:
        """Return the paths that are not there, or not of the size that the manifest says.

        Their checksums were compared when they came, and nothing is overwritten since.
        """

        def check() -> list[str]:
            missing = []
            for artifact in artifacts:
                target = self._path(attempt_id, artifact.path)
                if not target.is_file() or target.stat().st_size != artifact.size:
                    missing.append(artifact.path)
            return missing

        return await asyncio.to_thread(check)

    @asynccontextmanager
    async def open(self, attempt_id: str, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a file for reading in pieces."""
        try:
            file = await asyncio.to_thread(self._path(attempt_id, path).open, "rb")
        except (FileNotFoundError, IsADirectoryError) as error:
            raise NotFoundError(f"{path} of attempt {attempt_id} is not in the store") from error

        async def pieces() -> AsyncIterator[bytes]:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

        try:
            yield pieces()
        finally:
            file.close()

    async def list_files(self, *, after: str | None, limit: int) -> FilePage:
        """Return a page of all that is stored."""
        files = await asyncio.to_thread(
            lambda: list(itertools.islice(self._walk(after), limit + 1))
        )
        if len(files) <= limit:
            return FilePage(files, None)
        last = files[limit - 1]
        return FilePage(files[:limit], f"{last.attempt_id}/{last.path}")

    async def remove_files(self, files: Sequence[StoredFile]) -> None:
        """Remove files for good, with the folders that become empty."""

        def remove() -> None:
            for file in files:
                target = self._path(file.attempt_id, file.path)
                target.unlink(missing_ok=True)
                for folder in target.parents:
                    if folder == self._root:
                        break
                    try:
                        folder.rmdir()
                    except OSError:  # something else is in it
                        break

        await asyncio.to_thread(remove)

    async def abort_uploads(self, *, before: datetime) -> int:  # noqa: ARG002 - the port's signature
        """Remove what a process left that was killed; those that go on are locked."""
        return await asyncio.to_thread(self._sweep)

    def _walk(self, after: str | None) -> Iterator[StoredFile]:
        """Yield what is stored, in order of run, attempt and path, from beyond a position."""
        begin_attempt, _, begin_path = (after or "").partition("/")
        begin_run, _, begin_number = begin_attempt.rpartition(".")
        for run in _folders(self._root, begin_run):
            numbers_from = begin_number if run.name == begin_run else ""
            for number in _folders(run, numbers_from):
                attempt_id = f"{run.name}.{number.name}"
                found = sorted(each.relative_to(number).as_posix() for each in _files(number))
                for path in found:
                    if attempt_id == begin_attempt and path <= begin_path:
                        continue
                    with suppress(FileNotFoundError):
                        stamp = (number / path).stat().st_mtime
                        yield StoredFile(attempt_id, path, datetime.fromtimestamp(stamp, UTC))

    def _too_large(self) -> PayloadTooLargeError:
        detail = f"an artifact may have {self._limit} bytes"
        return PayloadTooLargeError(detail, limit=self._limit)

    def _sweep(self) -> int:
        """Remove uploads that nobody goes on with; return how many there were."""
        count = 0
        for left in self._uploads.iterdir():
            with left.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                left.unlink(missing_ok=True)
                count += 1
        return count

    def _grant(self, method: str, attempt_id: str, path: str, seconds: float) -> TransferGrant:
        self._path(attempt_id, path)
        expires_at = self._clock.now() + timedelta(seconds=seconds)
        expires_ms = to_milliseconds(expires_at)
        signature = self._signer.sign_transfer(method, attempt_id, path, expires_ms)
        url = f"/agent/v1/artifacts/{quote(attempt_id, safe='')}/{quote(path)}"
        return TransferGrant(
            method=method,
            url=f"{url}?expires={expires_ms}&signature={signature}",
            expires_at=expires_at,
        )

    def _path(self, attempt_id: str, path: str) -> Path:
        return self._root.joinpath(*split_attempt_id(attempt_id), check_artifact_path(path))


def _folders(parent: Path, begin: str) -> list[Path]:
    """Return the folders of runs or attempts, in order, from a name on; ours begin with no dot."""
    found = [each for each in parent.iterdir() if each.name >= begin and each.is_dir()]
    return sorted(each for each in found if not each.name.startswith("."))


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


def _find_digest(target: Path) -> str | None:
    """Return the sha256 of a file; None without one."""
    try:
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _publish(temporary: Path, target: Path, digest: str) -> bool:
    """Give a file its name unless something else has it; tell whether this content has it now."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return _find_digest(target) == digest
    return True


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _full(error: OSError) -> ServiceUnavailableError:
    why = "its disk is full" if error.errno == _NO_SPACE else (error.strerror or str(error))
    return ServiceUnavailableError(
        f"the artifact store cannot take the file: {why}", retry_after_seconds=5
    )
