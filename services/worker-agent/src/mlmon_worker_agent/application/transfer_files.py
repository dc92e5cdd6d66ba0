"""Inputs onto the host, outputs off it, each checked by its SHA-256."""

import asyncio
import hashlib
import json
import math
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from mlmon_shared.wire.agent_protocol import AttemptSpec, OutputFile
from mlmon_shared.wire.names import check_relative_path
from mlmon_shared.wire.outputs import OutputKind
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_worker_agent.application.fetch_inputs import InputFetch, InputSources
from mlmon_worker_agent.application.ports import AttemptFolders, AttemptScheduler
from mlmon_worker_agent.application.repeat_transfers import repeat_transfer
from mlmon_worker_agent.application.run_all import run_all
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.upload_outputs import (
    LeasedRights,
    OutputContent,
    OutputUpload,
    UploadRights,
)
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.errors import (
    AttemptFailedError,
    DiskFullError,
    OutputError,
    TransferError,
)

RefreshSpec = Callable[[], Awaitable[AttemptSpec]]

_AT_ONCE: Final = 4
_METRICS_FILE_LIMIT: Final = 1024 * 1024


class FileTransfers:
    """Moves one attempt's files; grants that have expired are asked for anew, once a try.

    Args:
        scheduler: Gives and takes the files.
        refresh: Returns the spec with fresh grants.
        rights: Asks for what the spec does not grant.
        sources: Where inputs come from.
        patience_seconds: How long to go on while the other side is in trouble: what took hours
            to compute is not thrown away for a restart of a server.
    """

    def __init__(
        self,
        scheduler: AttemptScheduler,
        spec: AttemptSpec,
        refresh: RefreshSpec,
        rights: UploadRights,
        sources: InputSources,
        *,
        patience_seconds: float,
    ) -> None:
        self._scheduler = scheduler
        self._spec = spec
        self._rights = rights
        self._sources = sources
        self._refresh = refresh
        self._patience_seconds = patience_seconds
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def make_room(self, size: int) -> None:
        """Give up so many bytes of inputs that were kept for later attempts, or all there are."""
        await self._sources.cache.give_back(size)

    async def fetch_inputs(self, folders: AttemptFolders) -> None:
        """Put every input into its place.

        Raises:
            InputError: One from elsewhere is missing, forbidden, too large, or another.
            TransferError: One could not be had, or is not what it should be.
            DiskFullError: The disk is full.
        """
        await run_all(self._fetch(index, folders) for index in range(len(self._spec.inputs)))

    async def publish_outputs(
        self, folders: AttemptFolders
    ) -> tuple[list[ArtifactDocument], dict[str, float]]:
        """Upload every output that is not a checkpoint; return them, and the metrics in them.

        Raises:
            OutputError: One was not written, or is no regular file in the output folder.
            TransferError: One could not be uploaded.
        """
        metrics: dict[str, float] = {}
        paths = {}
        for index, declared in enumerate(self._spec.outputs):
            if declared.output.kind is OutputKind.CHECKPOINT:
                continue
            path = _checked_output(folders.outputs, declared)
            if declared.output.kind is OutputKind.METRICS:
                metrics |= _read_metrics(path, declared.output.path)
            paths[index] = path
        documents = await run_all(self._publish(index, path) for index, path in paths.items())
        return documents, metrics

    async def keep_checkpoints(
        self, folders: AttemptFolders, *, within_seconds: float | None = None
    ) -> tuple[list[ArtifactDocument], list[str]]:
        """Upload the checkpoints that were written.

        Args:
            folders: Of the attempt.
            within_seconds: What has not arrived by then is not kept.

        Returns:
            What was kept, and one sentence about each that was not.

        Raises:
            StaleFenceError: The attempt is somebody else's by now.
        """
        written = _find_checkpoints(folders.outputs, self._spec.outputs)
        kept = await run_all(self._keep(index, folders, within_seconds) for index in written)
        return (
            [each for each in kept if isinstance(each, ArtifactDocument)],
            [each for each in kept if isinstance(each, str)],
        )

    async def _keep(
        self, index: int, folders: AttemptFolders, within_seconds: float | None
    ) -> ArtifactDocument | str:
        declared = self._spec.outputs[index]
        name = declared.output.path
        try:
            async with asyncio.timeout(within_seconds):
                return await self._publish(index, _checked_output(folders.outputs, declared))
        except TimeoutError:
            return f"The checkpoint {name} was not uploaded within {within_seconds:.0f} s."
        except AttemptFailedError as error:
            return error.detail
        except OSError as error:
            return f"The checkpoint {name} could not be read: {error.strerror}."

    async def _fetch(self, index: int, folders: AttemptFolders) -> None:
        wanted = self._spec.inputs[index]
        fetch = InputFetch(
            self._sources,
            self._scheduler,
            find=lambda: self._spec.inputs[index],
            renew=self._renew,
            part=folders.root / f"input-{index}.part",
            target=_input_path(folders.inputs, wanted.target),
        )
        async with self._slots:
            try:
                await self._repeat(
                    fetch.try_once, f"The input {wanted.target} could not be downloaded"
                )
            except OSError as error:
                raise DiskFullError(
                    f"The input {wanted.target} could not be written: {error.strerror}."
                ) from error

    async def _publish(self, index: int, path: Path) -> ArtifactDocument:
        async with self._slots:
            output = self._spec.outputs[index].output
            size, digest = await asyncio.to_thread(_measure, path)
            upload = OutputUpload(
                OutputContent(path, output.path, size, digest),
                store=self._scheduler,
                rights=self._rights,
                find_grant=lambda: self._spec.outputs[index].upload,
            )
            await self._repeat(upload.try_once, f"The output {output.path} could not be uploaded")
            return ArtifactDocument(
                path=output.path, kind=output.kind.value, size=size, sha256=digest
            )

    async def _repeat(self, try_once: Callable[[], Awaitable[None]], what: str) -> None:
        await repeat_transfer(
            try_once, what, patience_seconds=self._patience_seconds, refresh=self._renew
        )

    async def _renew(self) -> None:
        self._spec = await self._refresh()


class TransferStarter:
    """Makes what moves the files of attempts.

    Args:
        session: With the scheduler.
        scheduler: Gives and takes the files.
        sources: Where inputs come from.
        patience_seconds: See `FileTransfers`.

    Attributes:
        patience_seconds: As it was given.
    """

    def __init__(
        self,
        session: Session,
        scheduler: AttemptScheduler,
        sources: InputSources,
        *,
        patience_seconds: float,
    ) -> None:
        self._sources = sources
        self._session = session
        self._scheduler = scheduler
        self.patience_seconds = patience_seconds

    def start(self, ref: AttemptRef, spec: AttemptSpec) -> FileTransfers:
        """Return what moves the files of one attempt."""

        async def refresh() -> AttemptSpec:
            return await self._session.use(
                lambda registered: self._scheduler.accept(registered.session, ref)
            )

        return FileTransfers(
            self._scheduler,
            spec,
            refresh,
            LeasedRights(self._session, self._scheduler, ref),
            self._sources,
            patience_seconds=self.patience_seconds,
        )


def _input_path(folder: Path, target: str) -> Path:
    try:
        check_relative_path(target)
    except ValueError as error:
        raise TransferError(f"The input path {target!r} leaves the input folder.") from error
    return folder / target


def _checked_output(folder: Path, declared: OutputFile) -> Path:
    name = declared.output.path
    path = folder / name
    if not os.path.lexists(path):
        raise OutputError(f"The declared output {name} was not written.")
    # Equal only if no part of the path is a symbolic link: nothing outside is published.
    if path.resolve() != folder.resolve() / name or not path.is_file():
        raise OutputError(f"The declared output {name} is not a regular file.")
    return path


def _find_checkpoints(folder: Path, outputs: Sequence[OutputFile]) -> list[int]:
    return [
        index
        for index, declared in enumerate(outputs)
        if declared.output.kind is OutputKind.CHECKPOINT
        and os.path.lexists(folder / declared.output.path)
    ]


def _read_metrics(path: Path, name: str) -> dict[str, float]:
    wrong = OutputError(f"The metrics output {name} is not a JSON object of numbers.")
    if path.stat().st_size > _METRICS_FILE_LIMIT:
        raise OutputError(f"The metrics output {name} is larger than 1 MiB.")
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise wrong from error
    if not isinstance(document, dict):
        raise wrong
    return {
        key: float(value)
        for key, value in document.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()
