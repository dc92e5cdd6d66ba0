"""Pull images: as whom, how far it is, and why it failed."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog
from docker.errors import APIError, DockerException, InvalidRepository, NotFound

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.quantities import readable_size
from mlmon_worker_agent.adapters.docker.engines import Engine
from mlmon_worker_agent.domain.errors import (
    DiskFullError,
    ImageUnavailableError,
    RuntimeFailedError,
)

log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS: Final = 600.0
_PROGRESS_SECONDS: Final = 5.0
_TELL_SECONDS: Final = 0.5
_HINT_LIMIT: Final = 300
_LOGINS: Final = ("auths", "credsStore", "credHelpers")
_NO_LOGIN: Final = "the registry wants a login that this host lacks"
_EITHER: Final = "the registry does not have it, or wants a login that this host lacks"
_MISSING: Final = "the registry does not have it"
_AWAY: Final = "the registry could not be reached"
_OTHER_MACHINE: Final = "the registry has it for other processors or systems only"
_TOO_MANY: Final = "the registry takes no more pulls from this host for a while"
_MEANINGS: Final = (
    # Some registries answer so to whom they do not know, whether they have the image or not.
    ("denied", _EITHER),
    ("unauthorized", _NO_LOGIN),
    ("authentication required", _NO_LOGIN),
    ("no basic auth", _NO_LOGIN),
    ("forbidden", _NO_LOGIN),
    ("toomanyrequests", _TOO_MANY),
    ("no matching manifest", _OTHER_MACHINE),
    ("manifest unknown", _MISSING),
    ("name unknown", _MISSING),
    ("does not exist", _MISSING),
    ("no such host", _AWAY),
    ("not found", _MISSING),
    *(
        (words, _AWAY)
        for words in ("connection", "timeout", "deadline exceeded", "unreachable", "no route")
    ),
    ("x509", "the registry's certificate is not trusted on this host"),
)
"""What parts of an engine's answer mean; the first that is there counts."""
_NO_SPACE: Final = "no space left on device"


class Puller:
    """Pulls images into one engine.

    Args:
        logins_file: Logins of registries, as `docker login` writes them; read before each pull.
            The file of the agent's user (`~/.docker/config.json`) when left out.
        timeout_seconds: For one image.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        logins_file: Path | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._engine = engine
        self._logins_file = logins_file
        self._timeout_seconds = timeout_seconds

    async def pull(self, name: str, tell: Callable[[str], None]) -> None:
        """Pull an image by its tag or digest; the log says now and then how far it is.

        Args:
            name: Of the image.
            tell: Called with how far it is, from another thread.

        Raises:
            ImageUnavailableError: It cannot be had; the detail says why.
            DiskFullError: There is no space for it.
        """
        log.info("pulling", image=name)
        tell(f"pulling {name}")
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                said = await self._engine.call(self._read_pull, name, tell)
        except TimeoutError as error:
            raise ImageUnavailableError(
                f"The image {name} is not on this host, and pulling it took longer than "
                f"{self._timeout_seconds:g} s."
            ) from error
        except (NotFound, RuntimeFailedError) as error:
            raise explain_pull(name, str(getattr(error, "explanation", None) or error)) from error
        if "error" in said:
            raise explain_pull(name, str(said["error"]))
        log.info("pulled", image=name, seconds=round(time.monotonic() - begun, 1))

    def _read_pull(self, name: str, tell: Callable[[str], None]) -> dict[str, Any]:
        """Return the last thing that the engine says of a pull: an error is always the last."""
        client = self._engine.client
        try:
            if self._logins_file is not None:
                check_logins(self._logins_file)
            # The login of a cloud's registry is another one every few hours.
            client.reload_config(str(self._logins_file) if self._logins_file else None)
            lines = client.pull(name, stream=True, decode=True)
        except APIError:
            raise
        except ConfigurationError as error:
            raise _without_login(name, error.detail) from error
        except InvalidRepository as error:
            raise ImageUnavailableError(f"{name} is no name of an image: {error}.") from error
        except (DockerException, ValueError) as error:
            # The SDK's own, before it asks the engine: a login's entry, or its helper.
            raise _without_login(name, str(error)) from error
        last: dict[str, Any] = {}
        progress = _Progress(name, tell)
        for last in lines:
            progress.note(last)
        return last


class _Progress:
    """Tells how far a pull is: the log every five seconds, others every half second."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self._name = name
        self._tell = tell
        self._told_others_at = 0.0
        self._layers: dict[str, tuple[int, int]] = {}
        self._told_at = time.monotonic()

    def note(self, line: dict[str, Any]) -> None:
        layer, detail = line.get("id", ""), line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and "total" in detail:
            self._layers[layer] = (detail["current"], detail["total"])
        elif line.get("status") == "Download complete" and layer in self._layers:
            _, whole = self._layers[layer]
            self._layers[layer] = (whole, whole)
        now = time.monotonic()
        if now - self._told_others_at < _TELL_SECONDS:
            return
        self._told_others_at = now
        done = sum(here for here, _ in self._layers.values())
        whole = sum(total for _, total in self._layers.values())
        if whole:
            amounts = f"{readable_size(done)} of {readable_size(whole)}"
            self._tell(f"pulling {self._name}: {amounts} so far")
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            log.info(
                "pulling", image=self._name, layers=len(self._layers), bytes=done, of_bytes=whole
            )


def check_logins(path: Path) -> None:
    """Check that a file has logins of registries as `docker login` writes them.

    Raises:
        ConfigurationError: It cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict) or not any(
        isinstance(content.get(section), dict | str) for section in _LOGINS
    ):
        names = ", ".join(_LOGINS)
        raise ConfigurationError(f"{path} has no logins of registries: none of {names} is in it")


def _without_login(name: str, detail: str) -> ImageUnavailableError:
    hint = " ".join(detail.split())[:_HINT_LIMIT].rstrip(".")
    return ImageUnavailableError(
        f"The image {name} is not on this host, and the logins of registries on this host are not "
        f"in order ({hint})."
    )


def explain_pull(name: str, said: str) -> ImageUnavailableError | DiskFullError:
    """Say why an image could not be pulled, from what the engine said."""
    text = said.casefold()
    hint = " ".join(said.split())[:_HINT_LIMIT].rstrip(".")
    if _NO_SPACE in text:
        return DiskFullError(f"There is no space on this host for the image {name}.")
    why = next((meaning for words, meaning in _MEANINGS if words in text), "the pull failed")
    return ImageUnavailableError(f"The image {name} is not on this host, and {why} ({hint}).")
