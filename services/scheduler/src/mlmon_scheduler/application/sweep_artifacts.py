"""Collect what attempts uploaded and no run has published."""

from datetime import timedelta
from typing import Final

import structlog

from mlmon_scheduler.application.attempt_ports import ArtifactStore, StoredFile
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.domain.unpublished import is_unpublished_for_good
from mlmon_shared.clocks import Clock

log = structlog.get_logger(__name__)

_FILES: Final = 200


class ArtifactSweeper:
    """Goes through the store page by page, again and again.

    Args:
        artifacts: The store.
        reader: Knows what runs published.
        clock: Tells how old a file is.
        after_seconds: Younger files are left alone: their attempt may not be over.
    """

    def __init__(
        self, artifacts: ArtifactStore, reader: RunReader, clock: Clock, *, after_seconds: float
    ) -> None:
        self._artifacts = artifacts
        self._reader = reader
        self._clock = clock
        self._after_seconds = after_seconds
        self._position: str | None = None

    async def sweep(self) -> bool:
        """Look at the next page; True while there is another one.

        Raises:
            MlmonError: The store or history does not answer; the page is looked at again.
        """
        before = self._clock.now() - timedelta(seconds=self._after_seconds)
        page = await self._artifacts.list_files(after=self._position, limit=_FILES)
        old = [file for file in page.files if file.modified_at < before]
        runs = await self._reader.find_all({_run_of(file) for file in old})
        doomed = [
            file
            for file in old
            if is_unpublished_for_good(runs.get(_run_of(file)), _number_of(file), file.path)
        ]
        if doomed:
            await self._artifacts.remove_files(doomed)
            log.info("unpublished files removed", count=len(doomed))
        self._position = page.position
        if page.position is not None:
            return True
        aborted = await self._artifacts.abort_uploads(before=before)
        if aborted:
            log.info("unfinished uploads removed", count=aborted)
        return False


def _run_of(file: StoredFile) -> str:
    return file.attempt_id.rpartition(".")[0]


def _number_of(file: StoredFile) -> int:
    number = file.attempt_id.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0
