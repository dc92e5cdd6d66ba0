"""The part of the scheduler's client that is about backfills."""

from abc import abstractmethod
from urllib.parse import quote

from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.backfills import (
    BackfillDocument,
    BackfillPage,
    BackfillPlan,
    BackfillRequest,
)

_PATH = "/v1/backfills"


class BackfillCalls:
    """Typed calls about slots of the past."""

    _transport: Transport

    @abstractmethod
    def _submission_headers(self, idempotency_key: str | None) -> dict[str, str]: ...

    async def plan_backfill(self, request: BackfillRequest) -> BackfillPlan:
        """Say what a backfill would come to; nothing is started."""
        return await self._transport.call(
            BackfillPlan, "POST", f"{_PATH}/plan", json=request, repeatable=True
        )

    async def start_backfill(
        self, request: BackfillRequest, *, idempotency_key: str | None = None
    ) -> BackfillDocument:
        """Run a job for slots of its schedule that lie in the past, as one thing.

        Args:
            request: What to make up for.
            idempotency_key: The same again starts nothing new; a fresh one when left out.
        """
        return await self._transport.call(
            BackfillDocument,
            "POST",
            _PATH,
            json=request,
            headers=self._submission_headers(idempotency_key),
            repeatable=True,
        )

    async def list_backfills(self) -> BackfillPage:
        """Return the last backfills, the newest first."""
        return await self._transport.call(BackfillPage, "GET", _PATH)

    async def get_backfill(self, backfill_id: str) -> BackfillDocument:
        """Return a backfill with its runs by state."""
        return await self._transport.call(
            BackfillDocument, "GET", f"{_PATH}/{quote(backfill_id, safe='')}"
        )

    async def pause_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and hold what waits; what runs goes on."""
        return await self._change(backfill_id, "pause")

    async def resume_backfill(self, backfill_id: str) -> BackfillDocument:
        """Release what waits, and go on."""
        return await self._change(backfill_id, "resume")

    async def cancel_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and cancel every run."""
        return await self._change(backfill_id, "cancel")

    async def _change(self, backfill_id: str, deed: str) -> BackfillDocument:
        path = f"{_PATH}/{quote(backfill_id, safe='')}/{deed}"
        return await self._transport.call(BackfillDocument, "POST", path, repeatable=True)
