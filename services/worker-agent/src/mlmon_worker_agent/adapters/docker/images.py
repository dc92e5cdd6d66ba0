"""Images on the engine: pull what is missing, and learn what a container of one will be."""

import asyncio
import io
import tarfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import structlog
from docker.errors import NotFound

from mlmon_shared.wire.images import without_tag
from mlmon_worker_agent.adapters.docker.engines import Engine
from mlmon_worker_agent.adapters.docker.pulls import Puller
from mlmon_worker_agent.adapters.docker.users import ContainerUser, resolve_user
from mlmon_worker_agent.domain.errors import ImageUnavailableError, RuntimeFailedError

log = structlog.get_logger(__name__)

_NAMELESS: Final = "<none>"


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image.

    Attributes:
        image_id: Names its content, whatever becomes of the tag.
        resolved: As people name that content: `<repository>@sha256:…` if it came from a
            registry, else `image_id`.
        user: As whom its commands run, if the agent does not say otherwise.
        environment: Set in it.
    """

    image_id: str
    resolved: str
    user: ContainerUser
    environment: Mapping[str, str]


def _tell_nobody(_: str) -> None:
    return None


def resolve_name(name: str, digests: Sequence[str], image_id: str) -> str:
    """Return the name of an image's content.

    Args:
        name: By which it was asked for.
        digests: `<repository>@sha256:…` of each registry that it came from or went to.
        image_id: The engine's.
    """
    repository = without_tag(name)
    ours = [digest for digest in digests if digest.partition("@")[0] == repository]
    return (ours or [*digests, image_id])[0]


class Images:
    """The images of one engine.

    Args:
        puller: Of that engine.
    """

    def __init__(self, engine: Engine, puller: Puller) -> None:
        self._engine = engine
        self._puller = puller
        self._locks: dict[str, asyncio.Lock] = {}
        self._listeners: dict[str, list[Callable[[str], None]]] = {}
        self._used: dict[str, str] = {}
        self._listed: list[str] = []
        self._users: dict[str, ContainerUser] = {}

    @property
    def names(self) -> list[str]:
        """Names of images that are there: those that were used last first, then the newest."""
        return list(dict.fromkeys([*reversed(self._used), *self._listed]))

    async def refresh(self) -> None:
        """Ask the engine which images there are.

        Raises:
            RuntimeFailedError: The engine does not work.
        """
        found: list[dict[str, Any]] = await self._engine.call(self._engine.client.images)
        there = {image["Id"] for image in found}
        self._used = {name: each for name, each in self._used.items() if each in there}
        self._listed = [
            name
            for image in sorted(found, key=lambda image: -int(image["Created"]))
            for name in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]
            if not name.startswith(_NAMELESS)
        ]

    async def provide(self, name: str, tell: Callable[[str], None] = _tell_nobody) -> ImageFacts:
        """Return an image's facts; pull it first if it is not there.

        Args:
            name: With a tag, a digest, or both: then the digest counts.
            tell: Called now and then, from another thread, with how far the pull is.

        Raises:
            ImageUnavailableError: It cannot be had; the detail says why.
            DiskFullError: There is no space for it.
            RuntimeFailedError: The engine does not work.
        """
        # Attempts of one batch ask for one image all at once.
        listeners = self._listeners.setdefault(name, [])
        listeners.append(tell)
        try:
            return await self._provide(name, listeners)
        finally:
            listeners.remove(tell)

    async def _provide(self, name: str, listeners: list[Callable[[str], None]]) -> ImageFacts:
        def tell_all(text: str) -> None:
            for listener in list(listeners):
                listener(text)

        async with self._locks.setdefault(name, asyncio.Lock()):
            try:
                return await self.find(name)
            except NotFound:
                await self._puller.pull(name, tell_all)
            try:
                return await self.find(name)
            except NotFound as error:
                raise ImageUnavailableError(
                    f"The image {name} was pulled, but the engine does not have it."
                ) from error

    async def find(self, name: str) -> ImageFacts:
        """Return an image's facts.

        Raises:
            NotFound: Docker's own: it is not on this engine.
        """
        facts: dict[str, Any] = await self._engine.call(self._engine.client.inspect_image, name)
        config = facts.get("Config") or {}
        entries = [entry.partition("=") for entry in config.get("Env") or []]
        # Last in the order of use.
        self._used.pop(name, None)
        self._used[name] = facts["Id"]
        return ImageFacts(
            image_id=facts["Id"],
            resolved=resolve_name(name, facts.get("RepoDigests") or [], facts["Id"]),
            user=await self._user_of(name, facts["Id"], config.get("User") or ""),
            environment={key: value for key, _, value in entries},
        )

    async def shed(
        self, is_wanted: Callable[[], bool], needed: Callable[[], Collection[str]]
    ) -> list[str]:
        """Remove images of which there is no container, those that were not used for longest first.

        One that this process has not used was last used, as far as it knows, when it came.

        Args:
            is_wanted: Returns whether another one is to go.
            needed: Returns ids of images that attempts are about to use.

        Returns:
            Names of those that are gone; the id of one without a name.

        Raises:
            RuntimeFailedError: The engine does not work.
        """
        client = self._engine.client
        containers: list[dict[str, Any]] = await self._engine.call(client.containers, all=True)
        busy = {container["ImageID"] for container in containers}
        found: list[dict[str, Any]] = await self._engine.call(client.images)
        idle = {
            image["Id"]: await self._inspect(image["Id"])
            for image in found
            if image["Id"] not in busy
        }
        came = {
            image_id: (facts.get("Metadata") or {}).get("LastTagTime") or ""
            for image_id, facts in idle.items()
        }
        used = {image_id: place for place, image_id in enumerate(self._used.values())}
        gone: list[str] = []
        for image_id in sorted(idle, key=lambda each: (used.get(each, -1), came[each])):
            if not is_wanted():
                break
            facts = idle[image_id]
            names = [*(facts.get("RepoTags") or []), *(facts.get("RepoDigests") or [])]
            async with AsyncExitStack() as stack:
                # Whoever asks for it now waits, and pulls it again.
                for name in sorted(names):
                    await stack.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
                if image_id not in needed() and await self._remove(image_id, names):
                    gone += names or [image_id]
        if gone:
            await self.refresh()
        return gone

    async def _inspect(self, image_id: str) -> dict[str, Any]:
        """Return what the engine knows of an image; nothing if it is gone."""
        try:
            facts: dict[str, Any] = await self._engine.call(
                self._engine.client.inspect_image, image_id
            )
        except NotFound:
            return {}
        return facts

    async def _remove(self, image_id: str, names: Sequence[str]) -> bool:
        """Remove an image by all of its names; False if something needs it after all."""
        for name in [*names, image_id]:
            try:
                await self._engine.call(self._engine.client.remove_image, name)
            except NotFound:
                continue
            except RuntimeFailedError as error:
                log.info("image kept", image=name, detail=error.detail)
                return False
        return True

    async def _user_of(self, name: str, image_id: str, configured: str) -> ContainerUser:
        if image_id not in self._users:
            files: dict[str, str] = {}
            if configured:
                files = await self._read_accounts(image_id)
            user = resolve_user(configured, files.get("passwd", ""), files.get("group", ""))
            if user is None:
                raise ImageUnavailableError(
                    f"The image {name} names the user {configured}, whom it does not have."
                )
            self._users[image_id] = user
        return self._users[image_id]

    async def _read_accounts(self, image_id: str) -> dict[str, str]:
        """Read /etc/passwd and /etc/group out of a container that is never started."""
        client = self._engine.client
        made = await self._engine.call(
            client.create_container, image_id, entrypoint=["true"], network_disabled=True
        )
        try:
            files = {}
            for name in ("passwd", "group"):
                try:
                    files[name] = await self._engine.call(self._read_file, made["Id"], name)
                except NotFound:
                    files[name] = ""
            return files
        finally:
            await self._engine.call(client.remove_container, made["Id"], v=True, force=True)

    def _read_file(self, container_id: str, name: str) -> str:
        pieces, _ = self._engine.client.get_archive(container_id, f"/etc/{name}")
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            member = archive.next()
            file = archive.extractfile(member) if member is not None and member.isfile() else None
            return file.read().decode(errors="replace") if file is not None else ""
