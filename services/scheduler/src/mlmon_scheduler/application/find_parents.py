"""Look up the runs that submissions name as dependencies."""

import re
from collections.abc import Sequence
from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.errors import MlmonError, NotFoundError
from mlmon_shared.visibility import EVERYTHING, Visibility

_MAY_BE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SHOWN_CHARACTERS: Final = 100
_EXPLAINED: Final = 20
"""Runs that are not found are looked for in history one by one, so only the first few are."""


class ParentFinder:
    """Finds the jobs of runs that may be waited on.

    Args:
        store: Knows runs that are live, and for two days those that ended.
        reader: Asked only to explain why a run is not known.
    """

    def __init__(self, store: RunStore, reader: RunReader) -> None:
        self._store = store
        self._reader = reader

    async def find_jobs(
        self, named: Sequence[tuple[str, str]], visibility: Visibility = EVERYTHING
    ) -> tuple[dict[str, str], list[dict[str, str]]]:
        """Return the job of each run, and a fault for each that cannot be waited on.

        Args:
            named: JSON pointer and run of each edge.
            visibility: Of who asks; what it does not see does not exist.

        Raises:
            MlmonError: Not everything is seen, and history is needed and does not answer.
        """
        run_ids = list(dict.fromkeys(run_id for _, run_id in named))
        jobs = dict(zip(run_ids, await self._store.find_jobs(run_ids), strict=True))
        if visibility.is_limited:
            seen = await self._reader.visible.find(run_ids, visibility)
            jobs |= dict.fromkeys(jobs.keys() - seen)
        faults: list[dict[str, str]] = []
        for pointer, run_id in named:
            if jobs[run_id] is None:
                is_explained = len(faults) < _EXPLAINED
                detail = await self._explain(run_id, visibility) if is_explained else _gone(run_id)
                faults.append({"pointer": pointer, "detail": detail})
        return {run_id: job for run_id, job in jobs.items() if job is not None}, faults

    async def _explain(self, run_id: str, visibility: Visibility) -> str:
        if not _MAY_BE_ID.fullmatch(run_id):
            return f'"{run_id[:_SHOWN_CHARACTERS]}" is not the id of a run'
        try:
            await self._reader.get_run(run_id, visibility)
        except NotFoundError:
            return f"there is no run {run_id}"
        except MlmonError:
            return f"run {run_id} is not live, and history does not answer"
        return f"run {run_id} ended more than two days ago; leave the dependency out"


def _gone(run_id: str) -> str:
    return f"run {run_id} does not exist, or ended more than two days ago"
