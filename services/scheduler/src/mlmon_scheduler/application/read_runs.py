"""Show runs and batches: live ones from the store, the others from history."""

import asyncio
import base64
import binascii
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.ports import News, RunStore
from mlmon_scheduler.application.stored import LiveBatch, LiveRun
from mlmon_scheduler.application.visible_runs import VisibleRuns
from mlmon_shared.errors import (
    InvalidRequestError,
    MlmonError,
    NotFoundError,
    ServerUnreachableError,
    ServiceUnavailableError,
)
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.records import batch_document, run_document
from mlmon_shared.wire.runs import RunDocument, RunPage
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState

log = structlog.get_logger(__name__)

_SCAN_LIMIT: Final = 2000
"""Live runs looked at for one page, before a cursor is returned to go on from."""
_RECHECK_SECONDS: Final = 5.0
_LOOKED_AT: Final = 50
"""Runs of a job and client in history, of which the newest may be of a backfill."""


class History(Protocol):
    """What report-writer keeps; its errors are passed on."""

    async def get_run(self, run_id: str) -> RunDocument:
        """Return a run."""

    async def list_runs(
        self,
        *,
        batch: str | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
        ids: Sequence[str] = (),
        visibility: Visibility = EVERYTHING,
        cursor: str | None = None,
        limit: int = 50,
    ) -> HistoryPage:
        """Return a page of runs."""

    async def get_batch(
        self, batch_id: str, *, visibility: Visibility = EVERYTHING
    ) -> BatchDocument:
        """Return a batch."""

    async def list_batches(
        self,
        *,
        visibility: Visibility = EVERYTHING,
        cursor: str | None = None,
        limit: int = 50,
    ) -> BatchPage:
        """Return a page of batches."""


@dataclass(frozen=True)
class RunFilter:
    """What a listing is narrowed to; None is everything."""

    batch: str | None = None
    state: RunState | None = None
    job: str | None = None
    client: str | None = None
    visibility: Visibility = EVERYTHING

    def takes(self, run: RunDocument) -> bool:
        """Tell whether the run fits every filter that is set."""
        return (
            self.batch in {None, run.batch}
            and self.state in {None, run.state}
            and self.job in {None, run.job}
            and self.client in {None, run.client}
            and self.visibility.sees(client=run.client, job=run.job)
        )


class RunReader:
    """Reads runs and batches.

    What a `visibility` does not see does not exist. A batch is seen when every run of it is.

    Args:
        store: Live ones.
        history: Final ones.
        news: Wakes waits.
    """

    def __init__(self, store: RunStore, history: History, news: News) -> None:
        self._store = store
        self._history = history
        self._news = news
        self.visible = VisibleRuns(store, history)

    async def get_run(self, run_id: str, visibility: Visibility = EVERYTHING) -> RunDocument:
        """Return a run, live or final.

        Raises:
            NotFoundError: Neither the store nor history has it, or it is not seen.
        """
        run = await self._find_run(run_id)
        if run is None or not visibility.sees(client=run.client, job=run.job):
            raise NotFoundError(f"there is no run {run_id}", run_id=run_id)
        return (await self.visible.redact([run], visibility))[0]

    async def _find_run(self, run_id: str) -> RunDocument | None:
        live = await self._store.find_run(run_id)
        if live is not None:
            return (await self._documents([live]))[0]
        try:
            return await self._history.get_run(run_id)
        except NotFoundError:
            return None

    async def find_published(self, client: str, job: str) -> Mapping[str, str] | None:
        """Return `run`, `attempt` and `artifacts` of the newest run that published.

        Asks history for what the store has lost, or never had.

        Raises:
            MlmonError: History is needed and does not answer.
        """
        known = await self._store.find_published(client, job)
        if known is not None:
            return known
        page = await self._history.list_runs(
            client=client, job=job, state=RunState.SUCCEEDED, limit=1
        )
        if not page.items:
            return None
        run = page.items[0]
        artifacts = json.dumps([artifact.model_dump() for artifact in run.artifacts])
        return {"run": run.id, "attempt": str(run.attempt), "artifacts": artifacts}

    async def recall_latest(self, client: str, job: str) -> None:
        """Have the store know the client's newest run of the job, which it may have lost.

        History that does not answer is passed over: no submission waits for it, and the run
        then waits for the next one, as if there had been none.
        """
        if await self._store.knows_latest(client, job):
            return
        try:
            page = await self._history.list_runs(client=client, job=job, limit=_LOOKED_AT)
        except MlmonError as error:
            log.warning("newest run not looked for in history", job=job, detail=error.detail)
            return
        newest = next((run for run in page.items if run.backfill is None), None)
        if newest is not None and newest.state in FINAL_RUN_STATES and newest.finished_at:
            await self._store.remember_latest(newest, newest.finished_at)

    async def find_all(self, run_ids: Collection[str]) -> dict[str, RunDocument]:
        """Return those of these runs (at most 200) that the store or history has, by their ids.

        Raises:
            MlmonError: History is needed and does not answer.
        """
        ids = sorted(run_ids)
        live = await self._documents(await self._store.find_runs(ids))
        found = {run.id: run for run in live}
        if forgotten := [run_id for run_id in ids if run_id not in found]:
            page = await self._history.list_runs(ids=forgotten, limit=len(forgotten))
            found |= {run.id: run for run in page.items}
        return found

    async def wait_run(
        self, run_id: str, timeout_seconds: float, visibility: Visibility = EVERYTHING
    ) -> RunDocument:
        """Return the run once it is final, or as it is when the time is up."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        async with self._news.listen(f"run:{run_id}") as changed:
            while True:
                changed.clear()
                run = await self.get_run(run_id, visibility)
                left = deadline - asyncio.get_running_loop().time()
                if run.state in FINAL_RUN_STATES or left <= 0 or self._news.is_stopping:
                    return run
                try:
                    # A lost wake-up must not keep anybody waiting, so look now and then.
                    async with asyncio.timeout(min(left, _RECHECK_SECONDS)):
                        await changed.wait()
                except TimeoutError:
                    continue

    async def list_runs(self, wanted: RunFilter, *, cursor: str | None, limit: int) -> RunPage:
        """Return a page of runs that fit the filter.

        A batch and a state that is not final are answered from the store, so that they are
        exact and served while history is down; everything else pages history by id and
        shows live states over it. Who does not see all is always answered from history, but for
        batches of its own: the cursors of the others tell of runs that were passed over.
        """
        page = await self._list_runs(wanted, cursor=cursor, limit=limit)
        items = await self.visible.redact(page.items, wanted.visibility)
        return RunPage(items=items, next_cursor=page.next_cursor)

    async def _list_runs(self, wanted: RunFilter, *, cursor: str | None, limit: int) -> RunPage:
        if wanted.batch is not None:
            live = await self._store.find_batch(wanted.batch)
            if live is not None and wanted.visibility.sees_batch(live.fields):
                return await self._list_batch(wanted, wanted.batch, cursor, limit)
        is_live = wanted.state is not None and wanted.state not in FINAL_RUN_STATES
        if is_live and not wanted.visibility.is_limited:
            return await self._list_live(wanted, cursor, limit)
        return await self._list_history(wanted, cursor, limit)

    async def get_batch(self, batch_id: str, visibility: Visibility = EVERYTHING) -> BatchDocument:
        """Return a batch, live or final.

        Raises:
            NotFoundError: Neither the store nor history has it, or it is not seen.
        """
        live = await self._store.find_batch(batch_id)
        if live is not None and visibility.sees_batch(live.fields):
            return _batch(live)
        try:
            # A live one that was restored no longer says whose its runs are; history does.
            past = await self._history.get_batch(batch_id, visibility=visibility)
        except NotFoundError as error:
            raise NotFoundError(f"there is no batch {batch_id}", batch_id=batch_id) from error
        return past if live is None else _batch(live)

    async def is_batch_in_history(self, batch_id: str) -> bool:
        """Tell whether history has the batch."""
        try:
            await self._history.get_batch(batch_id)
        except NotFoundError:
            return False
        return True

    async def list_batches(
        self, *, visibility: Visibility = EVERYTHING, cursor: str | None, limit: int
    ) -> BatchPage:
        """Return a page of batches, newest first; the live ones alone while history is down."""
        before = _decode_cursor(cursor, "id:")
        ids = await self._store.list_batches(before=before, limit=limit + 1)
        found = [await self._store.find_batch(batch_id) for batch_id in ids]
        live = {
            batch.fields["id"]: _batch(batch)
            for batch in found
            if batch is not None and visibility.sees_batch(batch.fields)
        }
        try:
            past = await self._history.list_batches(
                visibility=visibility, cursor=_history_cursor(before), limit=limit
            )
        except (ServiceUnavailableError, ServerUnreachableError):
            past = BatchPage(items=[])
        merged = {batch.id: batch for batch in past.items} | live
        page = sorted(merged.values(), key=lambda batch: batch.id, reverse=True)[:limit]
        more = len(merged) > limit or past.next_cursor is not None
        return BatchPage(
            items=page, next_cursor=_encode_cursor("id:", page[-1].id) if page and more else None
        )

    async def _list_batch(
        self, wanted: RunFilter, batch_id: str, cursor: str | None, limit: int
    ) -> RunPage:
        start = int(_decode_cursor(cursor, "at:") or 0)
        items: list[RunDocument] = []
        scanned = 0
        while len(items) < limit and scanned < _SCAN_LIMIT:
            ids = await self._store.list_batch_runs(batch_id, start=start, limit=limit)
            documents = await self._documents(await self._store.find_runs(ids))
            for document in documents:
                start += 1
                if wanted.takes(document):
                    items.append(document)
                if len(items) == limit:
                    break
            scanned += len(ids)
            if len(ids) < limit:
                if len(items) < limit:
                    return RunPage(items=items)
                break
        return RunPage(items=items, next_cursor=_encode_cursor("at:", str(start)))

    async def _list_live(self, wanted: RunFilter, cursor: str | None, limit: int) -> RunPage:
        before = _decode_cursor(cursor, "id:")
        items: list[RunDocument] = []
        scanned = 0
        while len(items) < limit and scanned < _SCAN_LIMIT:
            ids = await self._store.list_live(before=before, limit=limit)
            if not ids:
                return RunPage(items=items)
            for run_id, run in zip(ids, await self._store.find_runs(ids), strict=True):
                before = run_id
                if run is not None:
                    document = (await self._documents([run]))[0]
                    if wanted.takes(document):
                        items.append(document)
                if len(items) == limit:
                    break
            scanned += len(ids)
        return RunPage(items=items, next_cursor=_encode_cursor("id:", before or ""))

    async def _list_history(self, wanted: RunFilter, cursor: str | None, limit: int) -> RunPage:
        before = _decode_cursor(cursor, "id:")
        past = await self._history.list_runs(
            batch=wanted.batch,
            state=wanted.state,
            job=wanted.job,
            client=wanted.client,
            visibility=wanted.visibility,
            cursor=_history_cursor(before),
            limit=limit,
        )
        ids = await self._store.list_live(before=before, limit=limit + 1)
        ids = sorted({*ids, *(run.id for run in past.items)}, reverse=True)
        live = {run.id: run for run in await self._documents(await self._store.find_runs(ids))}
        merged = {run.id: run for run in past.items} | live
        fitting = [run for run in merged.values() if wanted.takes(run)]
        page = sorted(fitting, key=lambda run: run.id, reverse=True)[:limit]
        more = len(fitting) > limit or past.next_cursor is not None
        return RunPage(
            items=page, next_cursor=_encode_cursor("id:", page[-1].id) if page and more else None
        )

    async def _documents(self, runs: Iterable[LiveRun | None]) -> list[RunDocument]:
        now_ms = await self._store.now_ms()
        watermark = _position(await self._store.watermark())
        return [
            run_document(
                run.fields,
                run.attempts,
                now_ms=now_ms,
                is_durable=_position(run.fields.get("position", "")) <= watermark,
            )
            for run in runs
            if run is not None
        ]


def _batch(live: LiveBatch) -> BatchDocument:
    return batch_document(live.fields, live.counts)


def _position(text: str) -> tuple[int, int]:
    milliseconds, _, sequence = text.partition("-")
    return int(milliseconds or 0), int(sequence or 0)


def _encode_cursor(kind: str, value: str) -> str:
    return base64.urlsafe_b64encode(f"{kind}{value}".encode()).decode()


def _decode_cursor(cursor: str | None, kind: str) -> str | None:
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor).decode()
    except (ValueError, binascii.Error) as error:
        raise InvalidRequestError("the cursor is not one of ours; leave it out") from error
    if not text.startswith(kind) or (kind == "at:" and not text[3:].isdecimal()):
        raise InvalidRequestError("the cursor is of another listing; leave it out")
    return text.removeprefix(kind)


def _history_cursor(before: str | None) -> str | None:
    return None if before is None else base64.urlsafe_b64encode(before.encode()).decode()
