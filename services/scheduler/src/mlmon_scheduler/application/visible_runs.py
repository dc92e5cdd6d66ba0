"""Leave out what a token that is limited to clients or jobs does not see."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.ports import RunStore
from mlmon_shared.errors import MlmonError
from mlmon_shared.visibility import HIDDEN, Visibility, redact_run
from mlmon_shared.wire.explanations import Explanation, Hindrance, HindranceKind
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.runs import RunDocument

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 100


class RunHistory(Protocol):
    """What report-writer keeps of runs; its errors are passed on."""

    async def list_runs(
        self, *, ids: Sequence[str], visibility: Visibility, limit: int
    ) -> HistoryPage:
        """Return those of these runs that are seen."""


class VisibleRuns:
    """Knows whose runs are.

    Args:
        store: Live ones.
        history: Those that the store has forgotten.
    """

    def __init__(self, store: RunStore, history: RunHistory) -> None:
        self._store = store
        self._history = history

    async def find(self, run_ids: Iterable[str], visibility: Visibility) -> set[str]:
        """Return those of these runs that exist and are seen.

        Raises:
            MlmonError: History is needed and does not answer.
        """
        asked = list(dict.fromkeys(run_ids))
        seen: set[str] = set()
        forgotten: list[str] = []
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            for run_id, fields in zip(some, await self._store.find_fields(some), strict=True):
                if not fields:
                    forgotten.append(run_id)
                elif visibility.sees(client=fields["client"], job=fields["job"]):
                    seen.add(run_id)
        for start in range(0, len(forgotten), _AT_ONCE):
            some = forgotten[start : start + _AT_ONCE]
            page = await self._history.list_runs(ids=some, visibility=visibility, limit=_AT_ONCE)
            seen |= {run.id for run in page.items}
        return seen

    async def redact(
        self, runs: Sequence[RunDocument], visibility: Visibility
    ) -> list[RunDocument]:
        """Return runs that are seen, without what tells of others."""
        if not visibility.is_limited:
            return list(runs)
        upstream = {link.run for run in runs for link in run.depends_on if link.run is not None}
        seen = await self._find_or_hide(upstream, visibility)
        return [redact_run(run, visibility, seen) for run in runs]

    async def redact_explanation(
        self, explanation: Explanation, visibility: Visibility
    ) -> Explanation:
        """Return an explanation of a run that is seen, without what tells of others."""
        if not visibility.is_limited:
            return explanation
        named = {each.run for each in explanation.hindrances if each.run is not None}
        seen = {explanation.run, *await self._find_or_hide(named, visibility)}

        def redact(hindrance: Hindrance) -> Hindrance:
            detail = visibility.redact(hindrance.detail, seen) or ""
            if hindrance.kind is HindranceKind.GATE:
                # It names who holds the gate.
                detail = visibility.redact_ids(detail)
            if hindrance.run is None or hindrance.run in seen:
                return hindrance.model_copy(update={"detail": detail})
            return Hindrance(kind=hindrance.kind, detail=f"It waits for {HIDDEN}.")

        summary = visibility.redact(explanation.summary, seen) or ""
        if named - seen:
            # It is made of what the first hindrance says.
            summary = f"{explanation.state.capitalize()}: it waits for {HIDDEN}."
        hindrances = [redact(each) for each in explanation.hindrances]
        return explanation.model_copy(update={"summary": summary, "hindrances": hindrances})

    async def _find_or_hide(self, run_ids: Iterable[str], visibility: Visibility) -> set[str]:
        """Return which are seen; while history does not answer, only those that are live."""
        try:
            return await self.find(run_ids, visibility)
        except MlmonError as error:
            log.warning("upstream runs are hidden", detail=error.detail)
            return set()
