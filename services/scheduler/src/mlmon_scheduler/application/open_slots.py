"""Make a slot of a job a batch: a run for each client."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_slot_batches import SlotBatchFinder
from mlmon_scheduler.application.link_batches import item_run_id
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.stored import NewBatch, NewRun
from mlmon_scheduler.application.submissions import build_run, look_up_job
from mlmon_scheduler.domain.catalogs import check_run
from mlmon_scheduler.domain.schedules import slot_date, slot_fields
from mlmon_shared.wire.runs import DependencyDocument
from mlmon_shared.wire.schedules import SkippedClient
from mlmon_shared.wire.states import BatchState, Condition, Lane
from mlmon_shared.wire.validation import summarise

_CHECKED_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Slot:
    """A moment for which a job runs.

    Attributes:
        timezone: Of the schedule: what day the moment is in.
        batch_id: Follows from job and moment, so that whoever repeats it opens the same.
        submitted_by: Who asked for it.
        labels: Of the batch.
        lane: The definition's when None.
        backfill: Id of the backfill that it is part of; empty for one of the schedule.
    """

    job: str
    at: datetime
    timezone: str
    batch_id: str
    submitted_by: str
    labels: Mapping[str, str]
    lane: Lane | None = None
    backfill: str = ""


@dataclass(frozen=True)
class SlotStart:
    """A client for which a slot starts a run.

    Attributes:
        not_before: When that may begin, None for at once.
        waits_for: Runs whose end it waits for.
    """

    client: str
    not_before: datetime | None = None
    waits_for: Sequence[str] = field(default=())


class SlotOpener:
    """Builds the runs of slots, and opens their batches.

    Args:
        configuration: What can run.
        finder: Knows what the slots of upstream jobs are called.
        opener: Opens batches.
        wake_loader: Has the batch loaded at once.
    """

    def __init__(
        self,
        configuration: Configuration,
        finder: SlotBatchFinder,
        opener: BatchOpener,
        wake_loader: Callable[[], None],
    ) -> None:
        self._configuration = configuration
        self._finder = finder
        self._opener = opener
        self._wake_loader = wake_loader

    async def build(
        self, slot: Slot, starts: Sequence[SlotStart]
    ) -> tuple[list[NewRun], list[SkippedClient]]:
        """Return the runs, and the clients for which there is none, with the reason."""
        catalog = self._configuration.catalog
        runs: list[NewRun] = []
        faulty: list[SkippedClient] = []
        batches: dict[str, Sequence[str]] = {}
        told = slot_fields(slot.at, slot_date(slot.at, slot.timezone))
        if slot.backfill:
            told["backfill"] = slot.backfill
        for place, start in enumerate(starts):
            checked, faults = check_run(
                catalog, job=slot.job, version=None, client=start.client, params={}, at=""
            )
            if checked is None:
                faulty.append(SkippedClient(client=start.client, reason=summarise(faults)))
                continue
            for link in checked.version.definition.depends_on:
                if link.job not in batches:
                    batches[link.job] = await self._finder.find(
                        link.job, slot.at, is_backfill=bool(slot.backfill)
                    )
            links = [look_up_job(link) for link in checked.version.definition.depends_on]
            links += [
                DependencyDocument(job=slot.job, run=run_id, when=Condition.FINISHED)
                for run_id in start.waits_for
            ]
            run = build_run(
                item_run_id(slot.batch_id, start.client),
                checked,
                client=start.client,
                submitted_by=slot.submitted_by,
                priority=None,
                lane=slot.lane,
                labels={},
                join=None,
                on_upstream_failure=None,
                dependencies=links,
                batch=slot.batch_id,
                key=start.client,
                index=place,
                not_before=start.not_before,
            )
            lookups = [
                replace(
                    lookup,
                    slot_runs=[item_run_id(batch, start.client) for batch in batches[lookup.job]],
                )
                for lookup in run.lookups
            ]
            runs.append(replace(run, fields={**run.fields, **told}, lookups=lookups))
            if place % _CHECKED_AT_ONCE == _CHECKED_AT_ONCE - 1:
                await asyncio.sleep(0)
        return runs, faulty

    async def open(self, slot: Slot, runs: Sequence[NewRun]) -> None:
        """Open the batch of these runs; one that was opened before is left as it is."""
        used = {(run.fields["job"], int(run.fields["version"])) for run in runs}
        await self._configuration.keep(used)
        await self._opener.open_batch(
            NewBatch(
                id=slot.batch_id,
                fields={
                    "id": slot.batch_id,
                    "name": f"{slot.job} {slot.at.isoformat(timespec='minutes')}",
                    "total": str(len(runs)),
                    "labels": json.dumps(dict(slot.labels)),
                    "submitted_by": slot.submitted_by,
                    "state": BatchState.LOADING.value,
                },
                groups=[],
            ),
            runs,
        )
        self._wake_loader()
