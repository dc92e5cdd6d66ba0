"""The container runtime that runs attempts in containers of a Docker engine.

Each attempt has a folder `<scratch>/<run>.<n>/` with `lease.json`, which says whose it is,
and `mlmon`, which is /mlmon in the container: `in`, `out`, `params.json`, and `stop_reason`
once it is stopped. Everything else of the container is read-only, but for a /tmp in memory.
"""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from docker.errors import NotFound

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.runs import Usage
from mlmon_worker_agent.adapters.docker import containers
from mlmon_worker_agent.adapters.docker.cgroups import UsageWatch
from mlmon_worker_agent.adapters.docker.commands import CommandCheck, explain_start
from mlmon_worker_agent.adapters.docker.containers import ContainerPolicy, in_turn
from mlmon_worker_agent.adapters.docker.ends import (
    is_running,
    seconds_since,
    was_started,
)
from mlmon_worker_agent.adapters.docker.engines import Engine
from mlmon_worker_agent.adapters.docker.folders import make_folders, make_readable, read_lease
from mlmon_worker_agent.adapters.docker.images import ImageFacts, Images
from mlmon_worker_agent.adapters.docker.pulls import Puller
from mlmon_worker_agent.adapters.docker.states import ContainerStates
from mlmon_worker_agent.adapters.docker.streams import read_log, read_stream
from mlmon_worker_agent.adapters.docker.users import ContainerUser
from mlmon_worker_agent.adapters.leftovers import Leftovers
from mlmon_worker_agent.adapters.scratch_folders import measure_folder, remove_folder
from mlmon_worker_agent.adapters.secret_folders import SecretFolders
from mlmon_worker_agent.application.ports import AttemptFolders, ExistingAttempt, Piece, Span
from mlmon_worker_agent.domain.attempts import AttemptRef, StopOrder
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.cpus import CpuSets, read_share
from mlmon_worker_agent.domain.errors import (
    DiskFullError,
    ImageUnavailableError,
    RuntimeFailedError,
)

log = structlog.get_logger(__name__)

_RETRY_SECONDS: Final = 0.5
_IMAGES_SECONDS: Final = 60.0
_BREATH_SECONDS: Final = 0.01


class DockerRuntime:
    """Runs attempts in containers; implements `ContainerRuntime`.

    Args:
        engine: On this host: it and the agent must see the scratch folder at one path.
        scratch: Holds a folder per attempt; nothing else may be in it. Its path is the name
            by which containers are known as this agent's.
        api_url: Where commands may report.
        boot_id: Of the host.
        secrets: Where attempts' secrets are, on the engine's host as well.
        puller: Of that engine.
    """

    name = "docker"
    guards_inputs = True

    def __init__(
        self,
        engine: Engine,
        scratch: Path,
        *,
        api_url: str,
        boot_id: str,
        secrets: SecretFolders,
        policy: ContainerPolicy | None = None,
        puller: Puller | None = None,
    ) -> None:
        self.storage = engine.root
        self._engine = engine
        self._scratch = scratch
        self._owner = str(scratch)
        self._api_url = api_url
        self._boot_id = boot_id
        self._secrets = secrets
        self._policy = policy or ContainerPolicy()
        self._images = Images(engine, puller or Puller(engine))
        self._commands = CommandCheck(engine)
        self._watch = UsageWatch()
        self._cpus = CpuSets(in_turn(engine.cpus, self._owner))
        self._images_asked_at = -math.inf
        self._prepared: dict[AttemptRef, ImageFacts] = {}
        self._resolved: dict[AttemptRef, str] = {}
        self._states = ContainerStates(engine, self._owner, boot_id=boot_id)
        self._stopped: set[AttemptRef] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def folders(self, ref: AttemptRef) -> AttemptFolders:
        """Return where the attempt's files are."""
        root = self._scratch / ref.attempt_id
        return AttemptFolders(root, root / "mlmon" / "in", root / "mlmon" / "out")

    def images(self) -> Sequence[str]:
        """Return names of images that are on the engine, as of a minute ago at most."""
        if time.monotonic() - self._images_asked_at > _IMAGES_SECONDS:
            # A poll must not wait for an engine that does not answer.
            self._images_asked_at = time.monotonic()
            self._spawn(self._refresh_images())
        return self._images.names

    def image(self, ref: AttemptRef) -> str:
        """Return what a prepared or re-adopted attempt runs."""
        return self._resolved.get(ref, "")

    async def prepare(
        self, spec: AttemptSpec, tell: Callable[[str], None] = lambda _: None
    ) -> AttemptFolders:
        """Pull the image if it is missing, and make the attempt's folders, empty."""
        ref = _ref(spec)
        # A tag may move before the start, even before a retry of it: the content is chosen here.
        image = self._prepared[ref] = await self._images.provide(spec.image, tell)
        self._resolved[ref] = image.resolved
        folders = self.folders(ref)
        owner = self._user_for(image) if os.geteuid() == 0 else None
        try:
            await asyncio.to_thread(make_folders, folders, spec, owner)
        except OSError as error:
            raise DiskFullError(
                f"The host could not make the attempt's folders: {error.strerror}."
            ) from error
        await asyncio.to_thread(self._secrets.write, folders.root.name, spec.secrets)
        return folders

    async def start(self, spec: AttemptSpec, gpus: Sequence[str] = ()) -> None:
        """Create the container and start it."""
        ref, client = _ref(spec), self._engine.client
        shared = self.folders(ref).root / "mlmon"
        await asyncio.to_thread(make_readable, shared)
        try:
            image = self._prepared.get(ref) or await self._images.find(spec.image)
            environment = containers.container_environment(
                spec, image, api_url=self._api_url, gpus=gpus
            )
            cpus = self._cpus.take(ref, spec.resources.cpu)
            settings = containers.host_settings(
                spec,
                shared,
                self._secrets.path(ref.attempt_id),
                self._policy,
                cores=self._engine.cores,
                gpus=gpus,
                cpus=cpus,
                has_quota=self._engine.has_quota,
            )
            made = await self._engine.call(
                client.create_container,
                image.image_id,
                name=self._name(ref),
                # The image's own entrypoint would come before the job's command.
                entrypoint=spec.command,
                environment=environment,
                user=str(self._user_for(image)),
                labels=containers.container_labels(
                    self._owner,
                    spec,
                    boot_id=self._boot_id,
                    image=image.resolved,
                    gpus=gpus,
                    cpus=cpus,
                ),
                stop_signal="SIGTERM",
                host_config=client.create_host_config(**settings),
            )
        except NotFound as error:
            raise ImageUnavailableError(
                f"The image {spec.image} was removed from this host."
            ) from error
        except RuntimeFailedError as error:
            raise explain_start(spec.command[0], error) from error
        await self._commands.check(made["Id"], image, spec.command[0], environment["PATH"])
        try:
            await self._engine.call(client.start, made["Id"])
        except (NotFound, RuntimeFailedError) as error:
            raise explain_start(spec.command[0], error) from error
        await self._watch_usage(ref)

    async def output(self, ref: AttemptRef) -> AsyncIterator[Piece]:
        """Yield all output from its beginning until the command ended."""
        known = {"stdout": 0, "stderr": 0}
        while (state := await self._states.find_surely(ref)) is not None:
            # Asked before reading: what was written before the end is then all there.
            goes_on = is_running(state)
            seen = {"stdout": 0, "stderr": 0}
            log_url = f"containers/{self._name(ref)}/logs"
            async with aclosing(read_log(self._engine, log_url, is_followed=goes_on)) as parts:
                async for stream, data in parts:
                    fresh = data[max(known[stream] - seen[stream], 0) :]
                    seen[stream] += len(data)
                    if fresh:
                        yield Piece(stream, known[stream], fresh)
                        known[stream] += len(fresh)
            if not goes_on and seen == known:
                return
            if not goes_on:
                await asyncio.sleep(_RETRY_SECONDS)

    async def wait(self, ref: AttemptRef) -> Exit:
        """Wait until the container ended; its processes end with it."""
        waiting = partial(self._engine.open_stream, "POST", f"containers/{self._name(ref)}/wait")
        while (state := await self._states.find_surely(ref)) is not None:
            if not is_running(state):
                return await self._states.end_of(ref, state, is_stopped=ref in self._stopped)
            async with aclosing(read_stream(waiting)) as answer:
                async for _ in answer:
                    continue
            await asyncio.sleep(_BREATH_SECONDS)
        return Exit(is_unknown=True)

    async def span(self, ref: AttemptRef) -> Span:
        """Return the engine's times, on the host's monotonic clock."""
        state = await self._states.find_surely(ref)
        if state is None:
            return Span(0.0)
        now, monotonic = datetime.now(UTC), time.monotonic()
        started = seconds_since(state["StartedAt"], now)
        ended = None if is_running(state) else seconds_since(state["FinishedAt"], now)
        return Span(
            monotonic - started if started is not None else 0.0,
            monotonic - ended if ended is not None else None,
        )

    async def stop(self, ref: AttemptRef, order: StopOrder) -> None:
        """Leave the reason for the command, and have the engine end it in the background."""
        try:
            path = self.folders(ref).root / "mlmon" / containers.STOP_REASON
            await asyncio.to_thread(path.write_text, order.reason + "\n")
        except OSError as error:
            log.warning("stop reason not written", attempt=ref.attempt_id, error=str(error))
        if ref not in self._stopped and order.grace_seconds > 0:
            self._stopped.add(ref)
            # The engine itself kills after the grace, also when the agent dies meanwhile.
            self._spawn(self._stop_by_engine(ref, math.ceil(order.grace_seconds)))
        else:
            self._stopped.add(ref)
            self._spawn(self._kill_after(ref, order.grace_seconds))

    async def usage(self, ref: AttemptRef) -> Usage:
        """Return what was seen of the container's control group."""
        seen = self._watch.find(ref) or Usage()
        peak = max(seen.peak_memory or 0, self._states.oom_peak(ref))
        return seen.model_copy(update={"peak_memory": peak or None})

    async def disk_use(self, ref: AttemptRef) -> int:
        """Return what is in the attempt's folder, and what the command wrote beside it."""
        inside = await asyncio.to_thread(measure_folder, self.folders(ref).root)
        if self._engine.has_quota:
            return inside
        named = {"name": f"^/{self._name(ref)}$"}
        listed: list[dict[str, Any]] = await self._engine.call(
            self._engine.client.containers, all=True, size=True, filters=named
        )
        return inside + sum(int(found.get("SizeRw") or 0) for found in listed)

    async def secrets(self, ref: AttemptRef) -> Sequence[str]:
        """Return the values of the secrets that the attempt was given."""
        return await asyncio.to_thread(self._secrets.read, ref.attempt_id)

    async def remove(self, ref: AttemptRef) -> None:
        """Remove the container with its volumes, and the folder."""
        try:
            await self._engine.call(
                self._engine.client.remove_container, self._name(ref), v=True, force=True
            )
        except NotFound:
            log.debug("no container to remove", attempt=ref.attempt_id)
        self._watch.forget(ref)
        self._states.forget(ref)
        self._cpus.give_back(ref)
        self._prepared.pop(ref, None)
        self._resolved.pop(ref, None)
        self._stopped.discard(ref)
        root = self.folders(ref).root
        lease = read_lease(root)
        # A newer lease of the same attempt may have taken the folders over.
        if lease is None or lease == ref:
            await asyncio.to_thread(self._secrets.remove, ref.attempt_id)
            if root.exists():
                await asyncio.to_thread(remove_folder, root)

    async def list_existing(self) -> Sequence[ExistingAttempt]:
        """Return every attempt whose command was started; sweep everything else away."""
        found = []
        for container in await self._list_containers():
            ref = containers.ref_of_labels(container["Labels"])
            self._cpus.restore(ref, read_share(container["Labels"].get(containers.CPUS, "")))
            self._resolved[ref] = container["Labels"].get(containers.IMAGE, "")
            state = await self._states.find(ref)
            if state is None or not was_started(state):
                await self.remove(ref)
            elif is_running(state):
                await self._watch_usage(ref)
                found.append(ExistingAttempt(ref, None))
            else:
                found.append(
                    ExistingAttempt(
                        ref, await self._states.end_of(ref, state, is_stopped=ref in self._stopped)
                    )
                )
        await self._images.refresh()
        kept = {each.ref.attempt_id for each in found}
        await asyncio.to_thread(self._secrets.sweep, kept)
        for root in sorted(self._scratch.iterdir()):
            if root.name not in kept:
                await asyncio.to_thread(remove_folder, root)
        return found

    async def sweep(self, held: Callable[[], Collection[str]]) -> Sequence[str]:
        """Remove containers, folders and secrets of attempts that nobody holds."""
        leftovers = Leftovers(held)
        for container in await self._list_containers():
            ref = containers.ref_of_labels(container["Labels"])
            what = f"the container {container['Id'][:12]} of {ref.attempt_id}"
            await leftovers.remove(ref.attempt_id, what, partial(self.remove, ref))
        await leftovers.remove_folders(self._scratch)
        await leftovers.remove_secrets(self._secrets)
        return leftovers.left

    async def shed_images(self, is_wanted: Callable[[], bool]) -> Sequence[str]:
        """Remove images of which there is no container, nor is about to be."""
        return await self._images.shed(
            is_wanted, lambda: {image.image_id for image in self._prepared.values()}
        )

    async def _list_containers(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = await self._engine.call(
            self._engine.client.containers,
            all=True,
            filters={"label": f"{containers.AGENT}={self._owner}"},
        )
        return listed

    def _name(self, ref: AttemptRef) -> str:
        return containers.container_name(self._owner, ref)

    def _user_for(self, image: ImageFacts) -> ContainerUser:
        return self._policy.user or image.user

    async def _refresh_images(self) -> None:
        try:
            await self._images.refresh()
        except RuntimeFailedError as error:
            log.warning("images not listed", detail=error.detail)

    async def _watch_usage(self, ref: AttemptRef) -> None:
        state = await self._states.find(ref)
        if state is not None and state.get("Pid"):
            self._watch.watch(ref, int(state["Pid"]))

    async def _stop_by_engine(self, ref: AttemptRef, grace_seconds: int) -> None:
        try:
            await self._engine.call(
                self._engine.client.stop, self._name(ref), timeout=grace_seconds
            )
        except NotFound:
            log.debug("nothing to stop", attempt=ref.attempt_id)
        except RuntimeFailedError as error:
            log.warning("not stopped; killing", attempt=ref.attempt_id, detail=error.detail)
            await self._kill_after(ref, 0.0)

    async def _kill_after(self, ref: AttemptRef, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while (state := await self._states.find_surely(ref)) is not None and is_running(state):
            try:
                await self._engine.call(self._engine.client.kill, self._name(ref), signal="SIGKILL")
            except (NotFound, RuntimeFailedError) as error:
                log.debug("not killed", attempt=ref.attempt_id, error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _ref(spec: AttemptSpec) -> AttemptRef:
    return AttemptRef(spec.run_id, spec.attempt, spec.fence)
