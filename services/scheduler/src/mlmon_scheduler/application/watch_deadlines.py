"""Watch runs that have deadlines: raise what has little time left, and say what will be late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.domain.deadlines import (
    RAISED_LANE,
    Assessment,
    assess,
    explain_outlook,
    seconds_to_ends,
)
from mlmon_scheduler.domain.forecasts import remaining_seconds
from mlmon_shared.wire.deadlines import DeadlineOutlook
from mlmon_shared.wire.explanations import DeadlineExplanation
from mlmon_shared.wire.records import from_milliseconds

_RUNS_LIMIT: Final = 4096
"""Of the chains that one look walks up; what lies beyond counts as taking no time."""


@dataclass(frozen=True)
class ChainLink:
    """A run that is not final, or a fan-in group, and what it waits for.

    Attributes:
        fields: Of a run: job, version, estimate, not_before, deadline, deadline_outlook; and
            `accepted_at` (ms) of an attempt that runs. Empty for a group.
        parents: Runs and groups (`g:<id>`); of large ones a sample.
    """

    fields: Mapping[str, str]
    parents: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """What the store notes of a run.

    Attributes:
        look_at_ms: When it is due again, None for never.
        lane: In which it goes at least, None to leave it.
    """

    run_id: str
    outlook: DeadlineOutlook
    look_at_ms: int | None
    lane: str | None


class DeadlineStore(Protocol):
    """Runs with deadlines."""

    async def now_ms(self) -> int:
        """Return the store's time."""

    async def find_due(self, limit: int) -> list[str]:
        """Return runs that are to be looked at now."""

    async def read_links(self, names: Sequence[str]) -> list[ChainLink | None]:
        """Return these runs and groups; None for one that is final or unknown."""

    async def note(self, verdicts: Sequence[Verdict]) -> int:
        """Keep what was found of runs that are not final; return how many now will be late."""

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Look at these no more."""


class DeadlineWatcher:
    """Judges runs by the slowest chain that they still wait for.

    Args:
        store: Runs with deadlines.
        configuration: For measured durations.
        on_late: Told how many runs were found to be late that were not before.
    """

    def __init__(
        self, store: DeadlineStore, configuration: Configuration, on_late: Callable[[int], None]
    ) -> None:
        self._store = store
        self._configuration = configuration
        self._on_late = on_late

    async def watch(self, limit: int) -> int:
        """Look at runs that are due; return how many were."""
        due = await self._store.find_due(limit)
        if not due:
            return 0
        now_ms = await self._store.now_ms()
        links = await self._walk(due)
        found = self._judge(due, links, now_ms)
        late = await self._store.note(
            [_verdict(run_id, assessment, now_ms) for run_id, assessment in found.items()]
        )
        await self._store.forget([run_id for run_id in due if run_id not in found])
        if late:
            self._on_late(late)
        return len(due)

    async def explain(self, run_id: str) -> DeadlineExplanation | None:
        """Return what is expected of a run; None for one that is final or has no deadline."""
        now_ms = await self._store.now_ms()
        links = await self._walk([run_id])
        found = self._judge([run_id], links, now_ms).get(run_id)
        if found is None:
            return None
        deadline_ms = int(links[run_id].fields["deadline"])
        return DeadlineExplanation(
            deadline=from_milliseconds(deadline_ms),
            outlook=found.outlook,
            slack_seconds=found.slack,
            detail=explain_outlook(deadline_ms, found),
        )

    async def _walk(self, run_ids: Sequence[str]) -> dict[str, ChainLink]:
        """Return the runs, and what they wait for, all the way up."""
        links: dict[str, ChainLink] = {}
        seen = set(run_ids)
        layer = list(run_ids)
        while layer:
            read = await self._store.read_links(layer)
            links |= {name: link for name, link in zip(layer, read, strict=True) if link}
            above = {
                parent
                for name in layer
                if name in links
                for parent in links[name].parents
                if parent not in seen
            }
            layer = sorted(above)[: max(0, len(run_ids) + _RUNS_LIMIT - len(seen))]
            seen |= set(layer)
        return links

    def _judge(
        self, run_ids: Sequence[str], links: Mapping[str, ChainLink], now_ms: int
    ) -> dict[str, Assessment]:
        ends = seconds_to_ends(
            {
                name: [parent for parent in link.parents if parent in links]
                for name, link in links.items()
            },
            {name: self._seconds(link.fields, now_ms) for name, link in links.items()},
        )
        return {
            run_id: assess(int(link.fields["deadline"]), ends[run_id], now_ms)
            for run_id in run_ids
            if (link := links.get(run_id)) is not None and link.fields.get("deadline")
        }

    def _seconds(self, fields: Mapping[str, str], now_ms: int) -> float:
        if not fields:
            return 0.0
        known = self._configuration.catalog.estimates.get((fields["job"], int(fields["version"])))
        expected = known.p90 if known is not None else float(fields["estimate"])
        if fields.get("accepted_at"):
            return remaining_seconds((now_ms - int(fields["accepted_at"])) / 1000, expected)
        wait = (int(fields.get("not_before") or now_ms) - now_ms) / 1000
        return expected + max(0.0, wait)


def _verdict(run_id: str, found: Assessment, now_ms: int) -> Verdict:
    return Verdict(
        run_id=run_id,
        outlook=found.outlook,
        look_at_ms=None if found.look_in is None else now_ms + round(found.look_in * 1000),
        lane=None if found.outlook is DeadlineOutlook.ON_TIME else RAISED_LANE.value,
    )
