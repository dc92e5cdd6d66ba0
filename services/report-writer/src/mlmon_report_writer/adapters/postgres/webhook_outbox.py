"""The outbox of webhooks: written in the transaction that writes the outcomes to history."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_report_writer.domain.changes import FINAL_STATES, Changes
from mlmon_report_writer.domain.events import Kind
from mlmon_report_writer.domain.outcomes import Listener, Outcome, notices_of
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.webhooks import ListeningWebhook

_LISTENERS: Final = text("SELECT document FROM webhook_listeners ORDER BY name")
_TABLES: Final = {Kind.RUN: "runs", Kind.BATCH: "batches"}
_ENDED: Final[Mapping[Kind, TextClause]] = {
    kind: text(f"""
        SELECT id, fields ->> 'job' AS job, fields ->> 'client' AS client,
               state, nullif(fields ->> 'outcome', '') AS outcome,
               coalesce(nullif(fields ->> 'finished_at', ''), fields ->> 'created_at') AS ended
        FROM {table}
        WHERE id = ANY (CAST(:ids AS text[])) AND state = ANY (CAST(:states AS text[]))
        ORDER BY id
    """)  # noqa: S608 - our own table names
    for kind, table in _TABLES.items()
}
_ADD: Final = text("""
    INSERT INTO webhook_deliveries (id, webhook, event, subject, occurred_at, next_try_at)
    SELECT notice.id, notice.webhook, notice.event, notice.subject, notice.at, notice.at
    FROM unnest(CAST(:ids AS text[]), CAST(:webhooks AS text[]), CAST(:events AS text[]),
                CAST(:subjects AS text[]), CAST(:times AS timestamptz[]))
        AS notice (id, webhook, event, subject, at)
    ON CONFLICT (id) DO NOTHING
""")


class WebhookOutbox:
    """What the end of a transaction puts into the outbox.

    Args:
        connection: Of the transaction.
        listeners: Who hears of outcomes.
        ending: Ids of what was not final before, and may be afterwards.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        listeners: Sequence[Listener],
        ending: Mapping[Kind, Sequence[str]],
    ) -> None:
        self._connection = connection
        self._listeners = listeners
        self._ending = ending

    async def fill(self) -> None:
        """Add a message for each webhook that hears of what has ended."""
        outcomes = [
            _outcome(kind, row)
            for kind, ids in self._ending.items()
            if ids
            for row in (await _list_ended(self._connection, kind, ids)).values()
        ]
        notices = list(notices_of(outcomes, self._listeners))
        if not notices:
            return
        await self._connection.execute(
            _ADD,
            {
                "ids": [notice.id for notice in notices],
                "webhooks": [notice.webhook for notice in notices],
                "events": [notice.outcome.event for notice in notices],
                "subjects": [notice.outcome.subject for notice in notices],
                "times": [notice.outcome.occurred_at for notice in notices],
            },
        )


async def open_outbox(connection: AsyncConnection, changes: Changes) -> WebhookOutbox | None:
    """Look before changes are written at what they may end; None when nobody is to be told.

    What is final already is told no second time, however often its events are read.
    """
    ending = {
        kind: [
            change.id
            for change in changes[kind].values()
            if change.fields.get("state") in FINAL_STATES[kind]
        ]
        for kind in _TABLES
    }
    if not any(ending.values()):
        return None
    listeners = [_listener(document) for document in await connection.scalars(_LISTENERS)]
    if not any(not listener.is_paused for listener in listeners):
        return None
    for kind, ids in ending.items():
        if ids:
            ended = await _list_ended(connection, kind, ids)
            ending[kind] = [each for each in ids if each not in ended]
    return WebhookOutbox(connection, listeners, ending)


def listener_document(webhook: ListeningWebhook) -> str:
    """Return what is kept of a webhook for the outbox: neither its URL nor its secrets."""
    return webhook.model_dump_json(exclude={"url", "secrets"})


async def _list_ended(
    connection: AsyncConnection, kind: Kind, ids: Sequence[str]
) -> dict[str, Row[Any]]:
    states = sorted(FINAL_STATES[kind])
    found = await connection.execute(_ENDED[kind], {"ids": list(ids), "states": states})
    return {row.id: row for row in found}


def _outcome(kind: Kind, row: Row[Any]) -> Outcome:
    return Outcome(
        kind=kind,
        subject=row.id,
        # A batch's own state only says that it is over.
        state=row.outcome or row.state,
        occurred_at=from_milliseconds(int(row.ended)),
        job=row.job or "",
        client=row.client or "",
    )


def _listener(document: Mapping[str, Any]) -> Listener:
    found = ListeningWebhook.model_validate({**document, "url": ""})
    return Listener(
        name=found.name,
        events=frozenset(found.events),
        jobs=frozenset(found.jobs),
        clients=None if found.clients is None else frozenset(found.clients),
        is_paused=found.is_paused,
    )
