"""The container runtime that runs plain processes, each watched by a shim.

It isolates nothing: a command sees the host's files and network as the agent's user does.
Each attempt has a folder `<scratch>/<run>.<n>/` with `in`, `out`, `tmp`, `work`,
`params.json`, `stop_reason`, `stdout`, `stderr` and the files that it shares with its shim.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.runs import Usage
from mlmon_worker_agent.adapters.leftovers import Leftovers
from mlmon_worker_agent.adapters.process import files, trees
from mlmon_worker_agent.adapters.process.commands import (
    ProcessImage,
    attempt_markers,
    command_environment,
    shim_environment,
)
from mlmon_worker_agent.adapters.process.output_files import follow_files
from mlmon_worker_agent.adapters.process.shims import Shims
from mlmon_worker_agent.adapters.scratch_folders import measure_folder, remove_folder
from mlmon_worker_agent.adapters.secret_folders import SecretFolders
from mlmon_worker_agent.application.ports import AttemptFolders, ExistingAttempt, Piece, Span
from mlmon_worker_agent.domain.attempts import AttemptRef, StopOrder
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.errors import (
    CommandError,
    DiskFullError,
    ImageUnavailableError,
    RuntimeFailedError,
)

log = structlog.get_logger(__name__)

_START_SECONDS: Final = 30.0
_REMOVE_SECONDS: Final = 30.0
_SHIM_MODULE: Final = "mlmon_worker_agent.adapters.process.shim"


class ProcessRuntime:
    """Runs attempts as processes of this host; implements `ContainerRuntime`.

    Args:
        scratch: Holds a folder per attempt; nothing else may be in it.
        images: What stands for an image, by its name. Commands of other images are run
            on the host as it is, in an empty folder.
        api_url: Where commands may report.
        secrets: Where attempts' secrets are.
    """

    name = "process"
    guards_inputs = False
    storage: Path | None = None

    def __init__(
        self,
        scratch: Path,
        images: Mapping[str, ProcessImage],
        *,
        api_url: str,
        secrets: SecretFolders,
    ) -> None:
        self._scratch = scratch
        self._images = images
        self._api_url = api_url
        self._secrets = secrets
        self._shims = Shims()
        self._told_images: set[str] = set()

    def folders(self, ref: AttemptRef) -> AttemptFolders:
        """Return where the attempt's files are."""
        root = self._scratch / ref.attempt_id
        return AttemptFolders(root, root / "in", root / "out")

    def images(self) -> Sequence[str]:
        """Return nothing: a process has no image to wait for."""
        return ()

    def image(self, ref: AttemptRef) -> str:  # noqa: ARG002 - the port's
        """Return nothing: a process runs none."""
        return ""

    async def prepare(
        self,
        spec: AttemptSpec,
        tell: Callable[[str], None] = lambda _: None,  # noqa: ARG002 - the port's
    ) -> AttemptFolders:
        """Check the image and make the attempt's folders, empty."""
        self._image_of(spec)
        folders = self.folders(_ref(spec))
        try:
            await asyncio.to_thread(_make_folders, folders, spec)
        except OSError as error:
            raise DiskFullError(
                f"The host could not make the attempt's folders: {error.strerror}."
            ) from error
        await asyncio.to_thread(self._secrets.write, folders.root.name, spec.secrets)
        return folders

    async def start(self, spec: AttemptSpec, gpus: Sequence[str] = ()) -> None:
        """Start the shim and wait until it says that the command runs."""
        image = self._image_of(spec)
        root = self.folders(_ref(spec)).root
        request = {
            "argv": spec.command,
            "environment": command_environment(
                spec,
                root,
                image,
                api_url=self._api_url,
                secrets=self._secrets.path(root.name),
                gpus=gpus,
            ),
            "folder": str(image.folder if image is not None else root / "work"),
            "memory_limit": spec.resources.memory,
            "run_id": spec.run_id,
            "attempt": spec.attempt,
            "fence": spec.fence,
        }
        try:
            await asyncio.to_thread(files.write_json, root / files.REQUEST, request)
            pid = _spawn_shim(root)
        except OSError as error:
            raise RuntimeFailedError(f"The host cannot start processes: {error}.") from error
        self._shims.adopt(root, pid)
        status = await self._wait_for_status(root)
        if status["state"] == files.STATE_NOT_STARTED:
            raise CommandError(f"The command could not be started: {status['error']}.")

    async def output(self, ref: AttemptRef) -> AsyncIterator[Piece]:
        """Yield all output from its beginning until the command ended."""
        root = self.folders(ref).root
        async for piece in follow_files(root, lambda: self._shims.is_alive(root)):
            yield piece

    async def wait(self, ref: AttemptRef) -> Exit:
        """Wait until the shim is gone; it goes last."""
        root = self.folders(ref).root
        await self._shims.wait(root)
        return _exit_of(files.read_json(root / files.STATUS))

    async def span(self, ref: AttemptRef) -> Span:
        """Return what the shim noted; the monotonic clock is the same in all processes."""
        status = files.read_json(self.folders(ref).root / files.STATUS) or {}
        return Span(status.get("started", 0.0), status.get("ended"))

    async def stop(self, ref: AttemptRef, order: StopOrder) -> None:
        """Leave the order for the shim, which carries it out even if the agent dies."""
        root = self.folders(ref).root
        document = {"reason": order.reason, "grace_seconds": order.grace_seconds}
        try:
            (root / files.STOP_REASON).write_text(order.reason + "\n")
            files.write_json(root / files.STOP, document)
        except OSError as error:
            # A full disk must not keep a command alive.
            log.warning("stop order not written; killing", attempt=ref.attempt_id, error=str(error))
            await self._kill(ref, root)

    async def usage(self, ref: AttemptRef) -> Usage:
        """Return what the shim saw last."""
        root = self.folders(ref).root
        status = files.read_json(root / files.STATUS) or {}
        seen = status.get("usage") or files.read_json(root / files.USAGE) or {}
        return Usage.model_validate(seen)

    async def disk_use(self, ref: AttemptRef) -> int:
        """Return what is in the attempt's folder."""
        return await asyncio.to_thread(measure_folder, self.folders(ref).root)

    async def secrets(self, ref: AttemptRef) -> Sequence[str]:
        """Return the values of the secrets that the attempt was given."""
        return await asyncio.to_thread(self._secrets.read, ref.attempt_id)

    async def remove(self, ref: AttemptRef) -> None:
        """Kill what still runs and remove the folder."""
        root = self.folders(ref).root
        if not root.exists() or _belongs_to_another(root, ref):
            return
        await self._kill(ref, root)
        self._shims.forget(root)
        await asyncio.to_thread(self._secrets.remove, ref.attempt_id)
        await asyncio.to_thread(remove_folder, root)

    async def list_existing(self) -> Sequence[ExistingAttempt]:
        """Return every attempt whose command was to be started; sweep away other folders."""
        found = []
        for root in sorted(self._scratch.iterdir()):
            request = files.read_json(root / files.REQUEST)
            if request is None:
                await asyncio.to_thread(remove_folder, root)
                continue
            ref = AttemptRef(request["run_id"], request["attempt"], request["fence"])
            if self._shims.is_alive(root):
                found.append(ExistingAttempt(ref, None))
            else:
                end = _exit_of(files.read_json(root / files.STATUS))
                found.append(ExistingAttempt(ref, end))
        kept = {each.ref.attempt_id for each in found}
        await asyncio.to_thread(self._secrets.sweep, kept)
        return found

    async def sweep(self, held: Callable[[], Collection[str]]) -> Sequence[str]:
        """Remove processes, folders and secrets of attempts that nobody holds."""
        leftovers = Leftovers(held)
        for root in sorted(self._scratch.iterdir()):
            request = files.read_json(root / files.REQUEST)
            if request is not None:
                ref = AttemptRef(request["run_id"], request["attempt"], request["fence"])
                what = f"what runs in {root}"
                await leftovers.remove(ref.attempt_id, what, partial(self.remove, ref))
        await leftovers.remove_folders(self._scratch)
        await leftovers.remove_secrets(self._secrets)
        return leftovers.left

    async def shed_images(
        self,
        is_wanted: Callable[[], bool],  # noqa: ARG002 - the port's
    ) -> Sequence[str]:
        """Remove nothing: a process has no image."""
        return ()

    def _image_of(self, spec: AttemptSpec) -> ProcessImage | None:
        image = self._images.get(spec.image)
        if image is None:
            if spec.image not in self._told_images:
                self._told_images.add(spec.image)
                log.warning(
                    "image is not mapped: commands run on the host as it is, in an empty folder",
                    image=spec.image,
                )
            return None
        if not image.folder.is_dir():
            raise ImageUnavailableError(
                f"The image {spec.image} stands for the folder {image.folder} on this host, "
                "which does not exist."
            )
        return image

    async def _wait_for_status(self, root: Path) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_START_SECONDS):
                while True:
                    is_alive = self._shims.is_alive(root)
                    status = files.read_json(root / files.STATUS)
                    if status is not None:
                        return status
                    if not is_alive:
                        raise RuntimeFailedError(
                            "The process that watches the command ended at once: "
                            f"{_last_line(root / files.SHIM_LOG)}"
                        )
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise RuntimeFailedError(
                f"The command did not start within {_START_SECONDS:.0f} s."
            ) from error

    async def _kill(self, ref: AttemptRef, root: Path) -> None:
        """End the shim and every process that carries the attempt's environment."""
        # In this order, so that the shim cannot go on to start the command.
        await self._shims.kill(root)
        markers = attempt_markers(ref.run_id, ref.number, ref.fence)
        entries = frozenset(f"{name}={value}".encode() for name, value in markers.items())
        status = files.read_json(root / files.STATUS)
        if status is not None and status["state"] in {files.STATE_EXITED, files.STATE_NOT_STARTED}:
            return
        async with asyncio.timeout(_REMOVE_SECONDS):
            while pids := await asyncio.to_thread(trees.list_marked, entries):
                for pid in pids:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                await asyncio.sleep(0.01)


def _ref(spec: AttemptSpec) -> AttemptRef:
    return AttemptRef(spec.run_id, spec.attempt, spec.fence)


def _belongs_to_another(root: Path, ref: AttemptRef) -> bool:
    """Tell whether a newer lease of the same attempt has taken the folder over."""
    request = files.read_json(root / files.REQUEST)
    return request is not None and request["fence"] != ref.fence


def _exit_of(status: dict[str, Any] | None) -> Exit:
    if status is None or status["state"] != files.STATE_EXITED:
        return Exit(is_unknown=True)
    return Exit(status["exit_code"], status["signal"], status["is_oom"])


def _make_folders(folders: AttemptFolders, spec: AttemptSpec) -> None:
    remove_folder(folders.root)
    for folder in (folders.inputs, folders.outputs, folders.root / "tmp", folders.root / "work"):
        folder.mkdir(parents=True, mode=0o700)
    files.write_json(folders.root / "params.json", spec.params, is_durable=False)
    for stream in files.STREAMS:
        (folders.root / stream).touch()


def _spawn_shim(root: Path) -> int:
    log_file = str(root / files.SHIM_LOG)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        sys.executable,
        # Without the module site: the search path is in the environment.
        [sys.executable, "-S", "-m", _SHIM_MODULE, str(root)],
        shim_environment(sys.path),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log_file, flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"
