"""Submit a batch: all of its runs, or none."""

import asyncio
import json
from collections.abc import Callable, Iterator

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_parents import ParentFinder
from mlmon_scheduler.application.link_batches import CHUNK, BatchLinker, BatchPlan, item_run_id
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.stored import NewBatch, NewRun
from mlmon_scheduler.application.submissions import build_run
from mlmon_scheduler.domain.batches import BatchCycleError, loading_order
from mlmon_scheduler.domain.catalogs import Catalog, check_run
from mlmon_scheduler.domain.times import find_time_faults
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import check_submissions
from mlmon_shared.wire.batches import BatchDocument, BatchItem, BatchSubmission
from mlmon_shared.wire.states import BatchState
from mlmon_shared.wire.validation import summarise

_FAULTS_LIMIT = 1000


class BatchSubmitter:
    """Checks a batch whole, spools it and opens it; a loop then loads it."""

    def __init__(
        self,
        store: RunStore,
        configuration: Configuration,
        reader: RunReader,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._configuration = configuration
        self._new_id = new_id
        self._opener = BatchOpener(store, reader, new_id)
        self._linker = BatchLinker(ParentFinder(store, reader))

    async def submit_batch(
        self,
        submission: BatchSubmission,
        principal: Principal,
        *,
        digest: str,
        idempotency_key: str | None = None,
        config_revision: int | None = None,
    ) -> BatchDocument:
        """Take a batch; the same idempotency key again returns the same batch.

        Args:
            submission: The items.
            principal: Who asks.
            digest: Of what was sent; a key that is used again goes with the same.
            idempotency_key: Chosen by the caller.
            config_revision: The newest that the caller knows of.

        Raises:
            ForbiddenError: The token is limited to other clients or jobs.
            InvalidRequestError: With every bad item; nothing was stored.
            IdempotencyConflictError: The key was used with another body.
        """
        items = submission.items
        check_submissions(
            principal.visibility,
            {
                (item.client, item.job): f"/items/{place}"
                for place, item in reversed(list(enumerate(items)))
            },
        )
        await self._configuration.at_least(config_revision)
        catalog = await self._configuration.naming(
            {item.job for item in items}, {item.client for item in items}
        )
        await self._configuration.load_versions(
            {(item.job, item.version) for item in items if item.version is not None}
        )
        plan = BatchPlan(submission, visibility=principal.visibility)
        await self._check_items(plan, catalog)
        batch_id = self._new_id()
        if not plan.faults:
            await self._linker.link_items(plan, batch_id)
        # Of a hundred thousand items it takes longer than others want to wait for the event loop.
        order = await asyncio.to_thread(self._order, plan)
        if plan.faults:
            shown = plan.faults[:_FAULTS_LIMIT]
            raise InvalidRequestError(summarise(plan.faults), errors=shown)
        if idempotency_key is not None:
            claimed = await self._store.claim_key(
                principal.token_id, idempotency_key, digest, batch_id
            )
            if claimed != batch_id:
                opened = await self._opener.find_batch(claimed)
                if opened is not None:
                    return opened
                # An earlier try claimed the key and died before it opened the batch.
                batch_id = claimed
                await self._linker.link_items(plan, batch_id)
        used = {(run.version.definition.name, run.version.version) for run in plan.checked.values()}
        await self._configuration.keep(used)
        return await self._opener.open_batch(
            NewBatch(
                id=batch_id,
                fields={
                    "id": batch_id,
                    "name": submission.name,
                    "total": str(len(items)),
                    "labels": json.dumps(submission.labels),
                    "submitted_by": principal.name,
                    "state": BatchState.LOADING.value,
                },
                groups=list(plan.groups.values()),
            ),
            self._build_all(plan, batch_id, order, principal.name),
        )

    async def _check_items(self, plan: BatchPlan, catalog: Catalog) -> None:
        seen: dict[str, int] = {}
        for place, item in enumerate(plan.submission.items):
            at = f"/items/{place}"
            if item.key in seen:
                first = seen[item.key]
                detail = f'the key "{item.key}" is also that of item {first}'
                plan.faults.append({"pointer": f"{at}/key", "detail": detail})
            seen.setdefault(item.key, place)
            checked, faults = check_run(
                catalog,
                job=item.job,
                version=item.version,
                client=item.client,
                params=item.params,
                at=at,
            )
            plan.faults += faults + find_time_faults(item, at=at)
            if checked is not None:
                plan.checked[item.key] = checked
            if place % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
        for place, item in enumerate(plan.submission.items):
            for number, edge in enumerate(item.depends_on):
                if edge.key is not None and edge.key not in seen:
                    pointer = f"/items/{place}/depends_on/{number}/key"
                    detail = f'no item of this batch has the key "{edge.key}"'
                    plan.faults.append({"pointer": pointer, "detail": detail})

    def _order(self, plan: BatchPlan) -> list[str]:
        if plan.faults:
            return []
        try:
            return loading_order(plan.parents)
        except BatchCycleError as error:
            keys = [item.key for item in plan.submission.items]
            pointer = f"/items/{keys.index(error.path[0])}/depends_on"
            detail = f"the items wait on each other in a circle: {error}"
            plan.faults.append({"pointer": pointer, "detail": detail})
            return []

    def _build_all(
        self, plan: BatchPlan, batch_id: str, order: list[str], submitted_by: str
    ) -> Iterator[NewRun]:
        places = {item.key: place for place, item in enumerate(plan.submission.items)}
        for key in order:
            item = plan.submission.items[places[key]]
            yield self._build(plan, batch_id, item, places[key], submitted_by)

    def _build(
        self, plan: BatchPlan, batch_id: str, item: BatchItem, place: int, submitted_by: str
    ) -> NewRun:
        return build_run(
            item_run_id(batch_id, item.key),
            plan.checked[item.key],
            client=item.client,
            submitted_by=submitted_by,
            priority=item.priority,
            lane=item.lane,
            labels=item.labels,
            join=item.join,
            on_upstream_failure=item.on_upstream_failure,
            dependencies=plan.links[item.key],
            batch=batch_id,
            key=item.key,
            index=place,
            groups=plan.members.get(item.key, []),
            not_before=item.not_before,
            has_outside=any(edge.run is not None for edge in item.depends_on),
            start_by=item.start_by,
            deadline=item.deadline,
        )
