"""Record what people ask of runs and hosts, before it is done.

A record without its change is what a crash in between leaves, and the caller, who got no
answer, repeats the request; a change without a record is what nothing leaves.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from mlmon_scheduler.application.ports import RunStore
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action, ActionKind
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument


class ActionLog(Protocol):
    """Where actions are recorded."""

    async def record(self, action_id: str, fields: Mapping[str, str]) -> None:
        """Add an action, for good.

        Raises:
            StoreUnavailableError: It is not recorded; nothing may be changed.
        """


class ActionRecorder:
    """Says who did what to which thing.

    Args:
        log: Where.
        runs: Knows whose the runs of live batches are.
        new_id: Makes ids that sort by time.
        request_id: Returns that of the request that is served, or an empty text.
    """

    def __init__(
        self,
        log: ActionLog,
        runs: RunStore,
        new_id: Callable[[], str],
        request_id: Callable[[], str],
    ) -> None:
        self._log = log
        self._runs = runs
        self._new_id = new_id
        self._request_id = request_id

    async def record(
        self,
        principal: Principal,
        action: Action,
        kind: ActionKind,
        name: str,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        clients: Iterable[str] = (),
        jobs: Iterable[str] = (),
    ) -> None:
        """Record an action that nothing speaks against any more; next it is done.

        Args:
            principal: Who asks.
            action: For what.
            kind: Of the thing.
            name: Its id.
            before: What of it is so; None where there is nothing yet.
            after: What of it is to be so.
            clients: Whose it is; kept where it is one client's alone.
            jobs: Which it is of; kept where it is one job's alone.

        Raises:
            StoreUnavailableError: It is not recorded; nothing may be changed.
        """
        fields = {
            "by": principal.name,
            "action": action.value,
            "subject_kind": kind.value,
            "subject": name,
            "client": _only(clients),
            "job": _only(jobs),
            "before": "" if before is None else json.dumps(before),
            "after": json.dumps(after),
            "request_id": self._request_id(),
        }
        await self._log.record(self._new_id(), fields)

    async def record_run(
        self, principal: Principal, action: Action, run: RunDocument, after: Mapping[str, Any]
    ) -> None:
        """Record an action on a run, given as it is before; see `record`."""
        await self.record(
            principal,
            action,
            ActionKind.RUN,
            run.id,
            before={"state": run.state, "priority": run.priority},
            after=after,
            clients=[run.client],
            jobs=[run.job],
        )

    async def record_batch(
        self,
        principal: Principal,
        action: Action,
        batch: BatchDocument,
        after: Mapping[str, Any],
        *,
        runs: Sequence[RunDocument] = (),
    ) -> None:
        """Record an action on a batch, given as it is before; see `record`.

        Args:
            principal: Who asks.
            action: For what.
            batch: To which.
            after: What of it is to be so.
            runs: All of the batch's, where they are known; else the store knows whose they are,
                as long as it has the batch.
        """
        live = await self._runs.find_batch(batch.id) if not runs else None
        extent = live.fields if live is not None else {}
        await self.record(
            principal,
            action,
            ActionKind.BATCH,
            batch.id,
            before={"state": batch.state, "counts": batch.counts},
            after=after,
            clients=[run.client for run in runs] or json.loads(extent.get("clients") or "[]"),
            jobs=[run.job for run in runs] or json.loads(extent.get("jobs") or "[]"),
        )


def _only(names: Iterable[str]) -> str:
    found = set(names)
    return found.pop() if len(found) == 1 else ""
