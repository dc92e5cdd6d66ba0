"""Remove what is left on the host of attempts that nobody holds."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from pathlib import Path

import structlog

from mlmon_shared.errors import MlmonError
from mlmon_worker_agent.adapters.scratch_folders import remove_folder
from mlmon_worker_agent.adapters.secret_folders import SecretFolders

log = structlog.get_logger(__name__)


class Leftovers:
    """Removes things one by one, and notes what cannot be removed.

    Args:
        held: Returns the ids of attempts that are held; asked before each removal.
    """

    def __init__(self, held: Callable[[], Collection[str]]) -> None:
        self._held = held
        self.left: list[str] = []

    async def remove(
        self, attempt_id: str, what: str, removal: Callable[[], Awaitable[None]]
    ) -> None:
        """Remove something, unless somebody holds the attempt that it belongs to."""
        if attempt_id in self._held():
            return
        try:
            await removal()
        except (OSError, TimeoutError, MlmonError) as error:
            why = error.detail if isinstance(error, MlmonError) else str(error)
            self.left.append(f"{what} cannot be removed: {why.rstrip('.')}")
        else:
            log.warning("leftover removed", what=what)

    async def remove_folders(self, scratch: Path) -> None:
        """Remove the folders, each named by its attempt, that are in a folder."""
        for root in await asyncio.to_thread(_list_folder, scratch):
            removal = partial(asyncio.to_thread, remove_folder, root)
            await self.remove(root.name, f"the folder {root}", removal)

    async def remove_secrets(self, secrets: SecretFolders) -> None:
        """Remove what attempts were told."""
        for attempt_id in await asyncio.to_thread(secrets.list_attempts):
            removal = partial(asyncio.to_thread, secrets.remove, attempt_id)
            await self.remove(attempt_id, f"the secrets of {attempt_id}", removal)


def _list_folder(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
