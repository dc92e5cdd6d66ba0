"""What the use cases need of the world outside; the adapters implement it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlmon_shared.wire.agent_protocol import (
    AttemptSpec,
    Beat,
    BeatAnswer,
    Grant,
    Held,
    PollAnswer,
    Result,
    ResultsAnswer,
    SyncAnswer,
    TransferGrant,
    Vector,
)
from mlmon_shared.wire.registrations import Registered
from mlmon_shared.wire.runs import Usage
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan
from mlmon_worker_agent.domain.attempts import (
    AttemptRef,
    ChunkPosition,
    JournaledAttempt,
    StopOrder,
)
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.log_archives import ArchivePosition


@dataclass(frozen=True)
class AttemptFolders:
    """Where an attempt's files are on the host.

    Attributes:
        root: Holds the others; removed when the attempt is cleaned up.
        inputs: Filled before the command starts.
        outputs: What the command leaves here and `outputs` names is published.
    """

    root: Path
    inputs: Path
    outputs: Path


@dataclass(frozen=True)
class Piece:
    """Some output of a command: `stdout` or `stderr`, from this offset of the stream on."""

    stream: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class ExistingAttempt:
    """An attempt that a runtime found on the host.

    Attributes:
        end: How its command ended; None while it runs.
    """

    ref: AttemptRef
    end: Exit | None


@dataclass(frozen=True)
class Span:
    """When a command started and ended, on the host's monotonic clock; None while unknown."""

    started: float
    ended: float | None = None


class ContainerRuntime(Protocol):
    """Runs attempts in containers, or in what stands for them.

    A container outlives the agent process: after a restart the agent finds it with
    `list_existing` and goes on with the other methods. They all name it by its attempt.

    Attributes:
        guards_inputs: Whether a command cannot write to its inputs, whoever it runs as.
        storage: Where images are, if that can be seen from here.
    """

    name: str
    guards_inputs: bool
    storage: Path | None

    def folders(self, ref: AttemptRef) -> AttemptFolders:
        """Return where the attempt's files are; creates nothing."""

    def images(self) -> Sequence[str]:
        """Return names of images that are on the host, the last used first; may be a little old."""
        ...

    def image(self, ref: AttemptRef) -> str:
        """Return what a prepared attempt runs, as `AttemptDocument.image` has it; or nothing."""
        ...

    async def prepare(
        self, spec: AttemptSpec, tell: Callable[[str], None] = lambda _: None
    ) -> AttemptFolders:
        """Make the image available and the attempt's folders, empty.

        Args:
            spec: What is to run.
            tell: Called now and then, from any thread, with what is being done.

        Raises:
            ImageUnavailableError: The image cannot be had.
            DiskFullError: The folders cannot be written.
        """

    async def start(self, spec: AttemptSpec, gpus: Sequence[str] = ()) -> None:
        """Start the command; returns once it runs.

        Args:
            spec: What to start.
            gpus: UUIDs of the devices that it is to have; it gets no others.

        Raises:
            CommandError: There is no such command in the image.
            ImageUnavailableError: The image went away.
            RuntimeFailedError: The runtime does not work.
        """

    def output(self, ref: AttemptRef) -> AsyncIterator[Piece]:
        """Yield all output from its beginning, in order per stream, until the command ended."""

    async def wait(self, ref: AttemptRef) -> Exit:
        """Wait until the command ended and nothing of it is left running."""

    async def span(self, ref: AttemptRef) -> Span:
        """Return when the command started and, if it did, ended."""

    async def stop(self, ref: AttemptRef, order: StopOrder) -> None:
        """Tell the command why, send SIGTERM, and SIGKILL to all of it after the grace.

        Returns once the order is given; `wait` returns when it is done.
        """

    async def usage(self, ref: AttemptRef) -> Usage:
        """Return what the attempt has used so far."""

    async def disk_use(self, ref: AttemptRef) -> int:
        """Return how many bytes of the host's disk the attempt takes: inputs, and what it wrote.

        Raises:
            RuntimeFailedError: The runtime does not work.
        """
        ...

    async def secrets(self, ref: AttemptRef) -> Sequence[str]:
        """Return the values of the secrets that the attempt was given."""
        ...

    async def remove(self, ref: AttemptRef) -> None:
        """Leave nothing of the attempt on the host: no process, no file. Repeatable."""

    async def list_existing(self) -> Sequence[ExistingAttempt]:
        """Return every attempt of which there is something on the host."""

    async def sweep(self, held: Callable[[], Collection[str]]) -> Sequence[str]:
        """Remove what is left of attempts that nobody holds.

        Args:
            held: Returns the ids of attempts that are held; asked before each removal.

        Returns:
            What could not be removed, a clause each; nothing on a clean host.

        Raises:
            RuntimeFailedError: The runtime does not work.
        """
        ...

    async def shed_images(self, is_wanted: Callable[[], bool]) -> Sequence[str]:
        """Remove images that nothing runs, those that were not used for longest first.

        Args:
            is_wanted: Returns whether another one is to go.

        Returns:
            Names of those that are gone.

        Raises:
            RuntimeFailedError: The runtime does not work.
        """
        ...


class AttemptScheduler(Protocol):
    """What attempts need of the scheduler; raises `MlmonError` as its client does."""

    def use(self, token: str) -> None:
        """Send this token with the calls to come."""

    async def register(self, *, agent_id: str | None) -> Registered:
        """Begin a session."""

    async def accept(self, session: str, ref: AttemptRef) -> AttemptSpec:
        """Accept a grant, or fetch its spec with fresh transfer grants."""

    async def send_results(self, session: str, results: Sequence[Result]) -> ResultsAnswer:
        """Report how attempts ended."""

    async def sync(
        self, session: str, held: Sequence[Held], results: Sequence[Result]
    ) -> SyncAnswer:
        """Say everything held and journaled."""

    async def put_log_chunk(
        self, ref: AttemptRef, stream: str, position: ChunkPosition, content: bytes
    ) -> None:
        """Send one chunk of the live log."""

    async def begin_upload(
        self, session: str, ref: AttemptRef, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Ask how an output gets into the store."""

    async def grant_parts(
        self, session: str, ref: AttemptRef, path: str, upload_id: str, parts: Sequence[FilePart]
    ) -> list[TransferGrant]:
        """Ask for the right to upload some parts of an output."""

    async def complete_upload(
        self,
        session: str,
        ref: AttemptRef,
        path: str,
        upload_id: str,
        *,
        size: int,
        sha256: str,
        parts: Sequence[UploadedPart],
    ) -> None:
        """Have the parts of an output put together."""

    async def archive_log(self, session: str, ref: AttemptRef, seq: int, packed: bytes) -> None:
        """Store one chunk of the log in the archive; tried once.

        Raises:
            PreconditionFailedError: Another content is stored by that number.
        """

    async def upload(
        self, grant: TransferGrant, content: AsyncIterator[bytes], *, size: int, sha256: str
    ) -> str:
        """Send a file or a part, tried once; return the ETag that was answered, if any."""

    def download(self, grant: TransferGrant) -> AsyncGenerator[bytes, None]:
        """Receive a file in pieces; tried once."""


class Scheduler(AttemptScheduler, Protocol):
    """The scheduler, as the agent protocol shows it."""

    async def poll(
        self,
        session: str,
        *,
        seq: int,
        free: Vector,
        maximum: int,
        timeout_seconds: float,
        images: Sequence[str],
    ) -> PollAnswer:
        """Wait for grants or directives; `images` are names of those on the host."""

    async def beat(self, beat: Beat) -> BeatAnswer:
        """Say what is held."""

    async def drain(self, session: str) -> None:
        """Say that no new attempt is taken."""

    async def deregister(self, session: str) -> None:
        """End the session."""


class Journal(Protocol):
    """What must survive the agent process; each write is on disk when it returns.

    Raises `StoreUnavailableError` when the disk does not work.
    """

    async def record_grant(self, grant: Grant) -> None:
        """Remember a grant, before it is accepted."""

    async def record_spec(self, ref: AttemptRef, spec: AttemptSpec) -> None:
        """Remember that the grant was accepted."""

    async def record_start(
        self, ref: AttemptRef, *, prepare_seconds: float, gpus: Sequence[str] = ()
    ) -> None:
        """Remember that the command is about to be started, with these devices."""

    async def record_result(self, ref: AttemptRef, result: Result) -> None:
        """Remember how the attempt ended, before anybody is told."""

    async def record_answer(self, ref: AttemptRef, *, epoch: int, position: str) -> None:
        """Remember that the result was accepted; an answer of an earlier epoch changes nothing."""

    async def forget(self, ref: AttemptRef) -> None:
        """Forget the attempt."""

    async def list_attempts(self) -> list[JournaledAttempt]:
        """Return every attempt that is remembered, oldest first."""

    async def record_chunk(self, ref: AttemptRef, stream: str, position: ChunkPosition) -> None:
        """Remember a log chunk before it is sent; survives the process, not the host."""

    async def find_chunks(self, ref: AttemptRef) -> dict[str, ChunkPosition]:
        """Return the newest log chunk of each stream."""

    async def record_archive(self, ref: AttemptRef, position: ArchivePosition) -> None:
        """Remember how far the log is archived; as `record_chunk`."""

    async def find_archive(self, ref: AttemptRef) -> ArchivePosition:
        """Return how far the log is archived."""

    async def record_contact(self, monotonic: float) -> None:
        """Remember when the scheduler last acknowledged this agent; as `record_chunk`."""

    async def record_watermark(self, epoch: int, position: str) -> None:
        """Remember what history has; as `record_chunk`."""

    async def find_watermark(self) -> tuple[int, str]:
        """Return epoch and position of what history was known to have; 0 for nothing."""

    async def find_contact(self) -> float | None:
        """Return the last contact, on this boot's monotonic clock; None without one."""


@dataclass(frozen=True)
class WebAnswer:
    """What the web answered to a request for a file.

    Attributes:
        is_unchanged: The content is that of the ETag that was named.
        size: Bytes; None where the server does not say.
        etag: Empty without one.
        pieces: The content.
    """

    is_unchanged: bool
    size: int | None
    etag: str
    pieces: AsyncIterator[bytes]


class WebFiles(Protocol):
    """Files of others, at `https://` addresses."""

    def open(self, url: str, *, etag: str) -> AbstractAsyncContextManager[WebAnswer]:
        """Ask for a file, with the ETag of the content that is there already, if any.

        Raises:
            WebFileError: It is not there, may not be read, or its address may not be called.
            ServiceUnavailableError: It cannot be had now.
        """


class InputCache(Protocol):
    """Inputs that this host has downloaded before, up to a limit, the least used gone first."""

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Let nobody else fetch the same content meanwhile."""

    async def find_etag(self, key: str) -> str:
        """Return the ETag that a content was kept with; empty without one."""

    async def lend(self, key: str, target: Path) -> bool:
        """Put a content into its place, read-only; False if it is not there."""

    async def keep(self, key: str, source: Path, *, etag: str = "") -> None:
        """Keep the content of a file, which becomes read-only, if it fits."""

    async def give_back(self, size: int) -> None:
        """Remove so many bytes of what was not used for longest, or all there is."""
