"""Tell a command that the image does not have before it is started.

With an init process in between, a missing executable would look like a command that ran and
ended with exit code 127.
"""

import posixpath
from typing import Final

from docker.errors import APIError, NotFound

from mlmon_worker_agent.adapters.docker.engines import Engine
from mlmon_worker_agent.adapters.docker.images import ImageFacts
from mlmon_worker_agent.domain.errors import (
    AttemptFailedError,
    CommandError,
    DiskFullError,
    RuntimeFailedError,
)

_NOT_STARTED: Final = "The command could not be started: "
_MOUNTED: Final = "/mlmon/"
_NO_SPACE: Final = "no space left on device"


class CommandCheck:
    """Looks commands up in containers; one that an image was seen to have is believed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[tuple[str, str, str]] = set()

    async def check(self, container_id: str, image: ImageFacts, program: str, path: str) -> None:
        """Look for a program in a container that was created.

        Raises:
            CommandError: It is not there.
        """
        key = (image.image_id, program, path)
        # A path relative to the image's working folder is left to the start itself.
        is_relative = "/" in program and not program.startswith("/")
        if key in self._known or is_relative or program.startswith(_MOUNTED):
            return
        if program.startswith("/"):
            await self._check_absolute(container_id, program)
        else:
            await self._check_path(container_id, program, path)
        self._known.add(key)

    async def _check_absolute(self, container_id: str, program: str) -> None:
        facts = await self._engine.find_path(container_id, program)
        if facts is None:
            raise CommandError(f"{_NOT_STARTED}{program}: No such file or directory.")
        if facts.is_folder or not facts.is_executable:
            raise CommandError(f"{_NOT_STARTED}{program}: Permission denied.")

    async def _check_path(self, container_id: str, program: str, path: str) -> None:
        for folder in path.split(":"):
            if folder.startswith("/"):
                found = posixpath.join(folder, program)
                facts = await self._engine.find_path(container_id, found)
                if facts is not None and facts.is_executable and not facts.is_folder:
                    return
        raise CommandError(f"{_NOT_STARTED}{program}: not found on PATH.")


def explain_start(program: str, error: NotFound | RuntimeFailedError) -> AttemptFailedError:
    """Say why a container was not created, or did not start."""
    text = str(error)
    if _NO_SPACE in text:
        return DiskFullError("There is no space left on the host for the container.")
    if isinstance(error, RuntimeFailedError) and not isinstance(error.__cause__, APIError):
        return error
    if "exec:" in text and ("not found" in text or "no such file" in text):
        return CommandError(f"{_NOT_STARTED}{program}: not found on PATH.")
    if "could not select device driver" in text:
        return RuntimeFailedError(
            "The host's engine cannot give GPUs to containers: NVIDIA's Container Toolkit is "
            f"missing there, or not set up ({text})."
        )
    return RuntimeFailedError(f"The container did not start: {text}")
