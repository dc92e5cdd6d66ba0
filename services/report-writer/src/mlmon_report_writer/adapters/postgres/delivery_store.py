"""What webhooks are sent, and how that went, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.connections import transaction
from mlmon_report_writer.adapters.postgres.webhook_outbox import listener_document
from mlmon_report_writer.application.webhook_ports import Delivery, Failure
from mlmon_shared.wire.webhooks import DeliveryState, ListeningWebhook

_FORGOTTEN_AT_ONCE: Final = 10_000
_COLUMNS: Final = (
    "id, webhook, event, subject, occurred_at, state, tries, next_try_at, give_up_at,"
    " last_tried_at, last_status, last_error"
)
_FORGET_LISTENERS: Final = text("DELETE FROM webhook_listeners")
_ADD_LISTENERS: Final = text("""
    INSERT INTO webhook_listeners (name, document)
    SELECT listener.name, CAST(listener.document AS jsonb)
    FROM unnest(CAST(:names AS text[]), CAST(:documents AS text[])) AS listener (name, document)
""")
_GIVE_UP_OTHERS: Final = text("""
    UPDATE webhook_deliveries
    SET state = 'given_up', next_try_at = NULL, last_tried_at = coalesce(last_tried_at, now()),
        last_error = 'the webhook was removed'
    WHERE state = 'pending' AND webhook <> ALL (CAST(:names AS text[]))
""")
_CLAIM: Final = text("""
    WITH due AS (
        SELECT found.id
        FROM unnest(CAST(:webhooks AS text[]), CAST(:rooms AS integer[])) AS wanted (webhook, room)
        CROSS JOIN LATERAL (
            SELECT id FROM webhook_deliveries
            WHERE webhook = wanted.webhook AND state = 'pending'
              AND next_try_at <= CAST(:now AS timestamptz)
            ORDER BY next_try_at LIMIT wanted.room
            FOR UPDATE SKIP LOCKED
        ) AS found
    )
    UPDATE webhook_deliveries AS kept SET next_try_at = CAST(:until AS timestamptz)
    FROM due WHERE kept.id = due.id
    RETURNING kept.*
""")
_DELIVERED: Final = text("""
    UPDATE webhook_deliveries
    SET state = 'delivered', tries = tries + 1, next_try_at = NULL, last_error = '',
        last_status = :status, last_tried_at = CAST(:now AS timestamptz)
    WHERE id = :id
""")
_FAILED: Final = text("""
    UPDATE webhook_deliveries
    SET state = CASE WHEN CAST(:next AS timestamptz) IS NULL THEN 'given_up' ELSE 'pending' END,
        tries = tries + 1, next_try_at = CAST(:next AS timestamptz),
        give_up_at = CAST(:give_up AS timestamptz), last_error = :error,
        last_status = CAST(:status AS integer), last_tried_at = CAST(:now AS timestamptz)
    WHERE id = :id AND state = 'pending'
""")
_RETRY: Final = text(f"""
    UPDATE webhook_deliveries
    SET state = 'pending', next_try_at = CAST(:now AS timestamptz), give_up_at = NULL
    WHERE id = :id
    RETURNING {_COLUMNS}
""")  # noqa: S608 - our own column names
_FORGET: Final = text("""
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries
        WHERE state <> 'pending' AND last_tried_at < CASE state
            WHEN 'delivered' THEN CAST(:delivered AS timestamptz)
            ELSE CAST(:given_up AS timestamptz) END
        LIMIT :limit
    )
""")


class PostgresDeliveryStore:
    """Implements `DeliveryStore`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def save_listeners(self, webhooks: Sequence[ListeningWebhook]) -> None:
        """Make these all that is told of outcomes; give up what others were to be sent."""
        names = [webhook.name for webhook in webhooks]
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('webhook_listeners'))")
            )
            await connection.execute(_FORGET_LISTENERS)
            documents = [listener_document(webhook) for webhook in webhooks]
            await connection.execute(_ADD_LISTENERS, {"names": names, "documents": documents})
            await connection.execute(_GIVE_UP_OTHERS, {"names": names})

    async def claim(
        self, rooms: Mapping[str, int], *, now: datetime, until: datetime
    ) -> Sequence[Delivery]:
        """Return messages that are due; see the port."""
        wanted = {"webhooks": list(rooms), "rooms": list(rooms.values())}
        async with transaction(self._engine) as connection:
            found = await connection.execute(_CLAIM, {**wanted, "now": now, "until": until})
            return [_delivery(row) for row in found]

    async def note_delivered(self, delivery_id: str, *, status: int, now: datetime) -> None:
        """Note that the receiver took a message."""
        async with transaction(self._engine) as connection:
            values = {"id": delivery_id, "status": status, "now": now}
            await connection.execute(_DELIVERED, values)

    async def note_failed(self, delivery_id: str, failure: Failure, *, now: datetime) -> None:
        """Note that a try failed."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                _FAILED,
                {
                    "id": delivery_id,
                    "status": failure.status,
                    "error": failure.error.replace("\0", "\ufffd"),
                    "next": failure.next_try_at,
                    "give_up": failure.give_up_at,
                    "now": now,
                },
            )

    async def list_page(
        self,
        *,
        webhook: str | None,
        state: DeliveryState | None,
        before: str | None,
        limit: int,
    ) -> Sequence[Delivery]:
        """Return messages with ids below `before`, those of the newest outcomes first."""
        given = {"webhook = :webhook": webhook, "state = :state": state, "id < :before": before}
        conditions = [condition for condition, value in given.items() if value is not None]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values = {"webhook": webhook, "state": state, "before": before}
        wanted = {name: value for name, value in values.items() if value is not None}
        query = text(
            f"SELECT {_COLUMNS} FROM webhook_deliveries {where} ORDER BY id DESC LIMIT :limit"  # noqa: S608 - our own column names
        )
        async with transaction(self._engine) as connection:
            found = await connection.execute(query, {**wanted, "limit": limit})
            return [_delivery(row) for row in found]

    async def retry(self, delivery_id: str, *, now: datetime) -> Delivery | None:
        """Make a message due now, whatever became of it; None when there is none."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(_RETRY, {"id": delivery_id, "now": now})
            row = found.one_or_none()
        return _delivery(row) if row is not None else None

    async def forget(self, *, delivered_before: datetime, given_up_before: datetime) -> int:
        """Delete messages that were tried last before these times, some at once."""
        values = {
            "delivered": delivered_before,
            "given_up": given_up_before,
            "limit": _FORGOTTEN_AT_ONCE,
        }
        async with transaction(self._engine) as connection:
            return (await connection.execute(_FORGET, values)).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Delivery(**{**values, "state": DeliveryState(values["state"])})
