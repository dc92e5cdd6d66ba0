"""What the application needs for what attempts leave behind: logs and artifacts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mlmon_shared.principals import AttemptIdentity
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.log_archives import LogRecord
from mlmon_shared.wire.progress import ProgressReport
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan


class LogTails(Protocol):
    """Live log tails of attempts."""

    async def append(
        self,
        attempt_id: str,
        stream: str,
        seq: int,
        *,
        offset: int,
        data: bytes,
        missing: int = 0,
        fence: str = "",
    ) -> None:
        """Append a chunk, once.

        Args:
            attempt_id: `<run>.<attempt>`.
            stream: `stdout` or `stderr`.
            seq: Of the chunk in its stream.
            offset: Of its first byte.
            data: Of the chunk.
            missing: How many bytes of output it stands in for; 0 when it is output itself.
            fence: Of the lease; empty when it is not known.
        """

    async def read(
        self, attempt_id: str, fence: str, *, after: str, wait_seconds: float
    ) -> tuple[str, list[LogRecord]]:
        """Return chunks of a lease after a position, waiting for the first; and the new position.

        The position may have moved although there are none: by chunks of another lease.
        """

    async def exists(self, attempt_id: str) -> bool:
        """Tell whether there is a tail."""


class ProgressStore(Protocol):
    """What attempts told over HTTP."""

    async def report(self, attempt: AttemptIdentity, report: ProgressReport) -> None:
        """Keep what an attempt told; the same again changes nothing.

        Raises:
            StaleFenceError: It does not run any more.
            InvalidRequestError: It has told too many metrics by now.
        """


@dataclass(frozen=True)
class StoredFile:
    """A file of the artifact store, published or not."""

    attempt_id: str
    path: str
    modified_at: datetime


@dataclass(frozen=True)
class FilePage:
    """Some files of the store, in its own order.

    Attributes:
        position: To go on from; None at the end.
    """

    files: Sequence[StoredFile]
    position: str | None


class ArtifactStore(Protocol):
    """Where attempts' files are: `<run>/<attempt>/<path>`.

    Every method raises `ServiceUnavailableError` while the store does not work. No file is ever
    overwritten: of two uploads of different contents the later one is refused.
    """

    def upload_grant(self, attempt_id: str, path: str, *, seconds: float) -> TransferGrant | None:
        """Return the right to upload one file, or None where its content must be known first."""

    async def grant_upload(
        self, attempt_id: str, path: str, *, size: int, sha256: str, seconds: float
    ) -> TransferGrant:
        """Return the right to upload this content; it is refused where another one is."""

    async def begin_upload(
        self, attempt_id: str, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Return how this content gets to its place; another one that is there is removed.

        Whoever calls this has made sure that the attempt's lease is in force.

        Raises:
            PayloadTooLargeError: It is larger than the store takes.
        """

    async def grant_parts(
        self, attempt_id: str, path: str, upload_id: str, parts: Sequence[FilePart]
    ) -> list[TransferGrant]:
        """Return the rights to upload some parts of a file.

        Raises:
            InvalidRequestError: A part is not of a size that the store takes.
        """

    async def complete_upload(
        self, attempt_id: str, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> None:
        """Put the parts of a file together; the same again changes nothing.

        Raises:
            NotFoundError: There is no such upload, or no more.
            InvalidRequestError: The parts are not what was uploaded.
            PreconditionFailedError: Another content is there.
        """

    async def download_grant(self, attempt_id: str, path: str, *, seconds: float) -> TransferGrant:
        """Return the right to download one file."""

    async def find_missing(
        self, attempt_id: str, artifacts: Sequence[ArtifactDocument]
    ) -> list[str]:
        """Return the paths that are not there, or not as the manifest says."""

    def open(self, attempt_id: str, path: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a file for reading in pieces.

        Raises:
            NotFoundError: It is not there.
        """

    async def list_files(self, *, after: str | None, limit: int) -> FilePage:
        """Return a page of all that is stored."""

    async def remove_files(self, files: Sequence[StoredFile]) -> None:
        """Remove files for good; one that is gone is none to remove."""

    async def abort_uploads(self, *, before: datetime) -> int:
        """Remove what was uploaded of files that were begun before then and never completed.

        Returns:
            How many there were.
        """


class GrantedTransfers(Protocol):
    """Takes and gives files by grants that are ours; a store elsewhere has its own."""

    def check_grant(
        self, method: str, attempt_id: str, path: str, *, expires_ms: int, signature: str
    ) -> None:
        """Refuse a transfer that was not granted, or no longer is.

        Raises:
            ForbiddenError: The signature is not ours, or its time is up.
        """

    async def save(
        self, attempt_id: str, path: str, content: AsyncIterator[bytes], *, sha256: str | None
    ) -> ArtifactDocument:
        """Store a file; it appears whole or not at all, and the same again changes nothing.

        Raises:
            InvalidRequestError: The content does not have that sha256.
            PayloadTooLargeError: It is larger than the store takes.
            PreconditionFailedError: Another content is there.
            ServiceUnavailableError: There is no room for it now.
        """

    def open(self, attempt_id: str, path: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a file for reading in pieces.

        Raises:
            NotFoundError: It is not there.
        """
