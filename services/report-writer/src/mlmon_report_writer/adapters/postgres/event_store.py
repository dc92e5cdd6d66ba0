"""Events written to history: bulk upserts, guarded by epoch and rv, with the offset beside."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mlmon_report_writer.adapters.postgres.action_store import add_actions
from mlmon_report_writer.adapters.postgres.connections import transaction
from mlmon_report_writer.adapters.postgres.webhook_outbox import open_outbox
from mlmon_report_writer.application.ports import Step
from mlmon_report_writer.domain.changes import FINAL_STATES, Change, Changes
from mlmon_report_writer.domain.events import STREAM_START, DeadLetter, Kind, Offset
from mlmon_report_writer.errors import OffsetMovedError
from mlmon_shared.wire.actions import ActionDocument

_TABLES: Final = {Kind.RUN: "runs", Kind.ATTEMPT: "attempts", Kind.BATCH: "batches"}


def _upsert(table: str) -> TextClause:
    # The same rule as domain.changes.can_follow, so that batches may end anywhere. A newer
    # epoch has no older rv, and does not bring back what is final either.
    return text(f"""
        INSERT INTO {table} AS kept (id, fields, epoch, rv)
        SELECT change.id, CAST(change.fields AS jsonb), CAST(:epoch AS bigint), change.rv
        FROM unnest(CAST(:ids AS text[]), CAST(:fields AS text[]), CAST(:rvs AS bigint[]))
            AS change (id, fields, rv)
        ON CONFLICT (id) DO UPDATE
        SET fields = kept.fields || excluded.fields, epoch = excluded.epoch, rv = excluded.rv
        WHERE (excluded.epoch > kept.epoch
               OR excluded.epoch = kept.epoch AND excluded.rv >= kept.rv)
          AND (kept.state <> ALL (CAST(:final_states AS text[]))
               OR NOT excluded.fields ? 'state'
               OR excluded.fields ->> 'state' = kept.state)
    """)  # noqa: S608 - our own table names


_UPSERTS: Final = {kind: _upsert(table) for kind, table in _TABLES.items()}
_MISSING: Final = {
    kind: text(f"""
        SELECT asked.id FROM unnest(CAST(:ids AS text[])) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM {table} AS kept WHERE kept.id = asked.id)
    """)  # noqa: S608 - our own table names
    for kind, table in _TABLES.items()
}
_LIST_OFFSETS: Final = text(
    "SELECT epoch, position FROM stream_offsets WHERE shard = :shard ORDER BY epoch"
)
_ADVANCE: Final = text("""
    UPDATE stream_offsets
    SET position = :position, as_of = greatest(as_of, CAST(:as_of AS timestamptz))
    WHERE shard = :shard AND epoch = :epoch AND position = :before
""")
_NOTE_END: Final = text("""
    UPDATE stream_offsets SET as_of = CAST(:now AS timestamptz)
    WHERE shard = :shard AND as_of < CAST(:now AS timestamptz) - interval '1 second'
      AND epoch = (SELECT max(epoch) FROM stream_offsets WHERE shard = :shard)
""")
_NOTE_BROKEN: Final = text("""
    UPDATE stream_offsets SET is_broken = true WHERE shard = :shard AND epoch = :epoch
""")
_BURY: Final = text("""
    INSERT INTO dead_letters (shard, epoch, position, entry, error)
    SELECT CAST(:shard AS text), CAST(:epoch AS bigint), letter.position,
           CAST(letter.entry AS jsonb), letter.error
    FROM unnest(CAST(:positions AS text[]), CAST(:entries AS text[]), CAST(:errors AS text[]))
        AS letter (position, entry, error)
    ON CONFLICT DO NOTHING
""")
_FIND_EPOCH: Final = text("SELECT epoch FROM epochs WHERE shard = :shard AND instance = :instance")
_NEXT_EPOCH: Final = text("""
    INSERT INTO epochs (shard, epoch, instance, begun_at)
    SELECT CAST(:shard AS text), greatest(max(epoch), CAST(:after AS bigint)) + 1,
           CAST(:instance AS text), CAST(:now AS timestamptz)
    FROM epochs WHERE shard = :shard
    RETURNING epoch
""")
_FIRST_OFFSET: Final = text("""
    INSERT INTO stream_offsets (shard, epoch, position, as_of)
    VALUES (:shard, :epoch, :position, :now)
""")


class PostgresEventStore:
    """Writes the history of one shard, and the epochs of all."""

    def __init__(self, engine: AsyncEngine, shard: str) -> None:
        self._engine = engine
        self._shard = shard

    async def list_offsets(self) -> Sequence[Offset]:
        """Return the offset of every known epoch of the shard, oldest first."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(_LIST_OFFSETS, {"shard": self._shard})
            return [Offset(epoch, position) for epoch, position in found]

    async def find_missing(self, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that history does not have."""
        async with transaction(self._engine) as connection:
            found = await connection.scalars(_MISSING[kind], {"ids": list(ids)})
            return frozenset(found)

    async def apply(
        self,
        step: Step,
        changes: Changes,
        dead_letters: Sequence[DeadLetter],
        actions: Sequence[ActionDocument] = (),
    ) -> None:
        """Apply changes, tell webhooks, keep the rest, advance the offset: all or nothing."""
        async with transaction(self._engine) as connection:
            # First, because its row lock makes a second owner wait here and then find it moved.
            await self._advance(connection, step)
            outbox = await open_outbox(connection, changes)
            for kind, found in changes.items():
                if found:
                    await _write(connection, kind, step.before.epoch, found)
            if actions:
                await add_actions(connection, actions)
            if outbox is not None:
                await outbox.fill()
            if dead_letters:
                await self._bury(connection, step.before.epoch, dead_letters)

    async def note_broken(self, epoch: int) -> None:
        """Note that the stream of an epoch is older than history."""
        async with transaction(self._engine) as connection:
            await connection.execute(_NOTE_BROKEN, {"shard": self._shard, "epoch": epoch})

    async def note_end_seen(self, now: datetime) -> None:
        """Note that history has everything that happened before now."""
        async with transaction(self._engine) as connection:
            await connection.execute(_NOTE_END, {"shard": self._shard, "now": now})

    async def begin_epoch(self, shard: str, instance: str, *, after: int, now: datetime) -> int:
        """Return the instance's epoch, a new one above all known and `after` if it has none."""
        asked: dict[str, Any] = {"shard": shard, "instance": instance}
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('epochs:' || CAST(:shard AS text)))"),
                {"shard": shard},
            )
            known = await connection.scalar(_FIND_EPOCH, asked)
            if known is not None:
                return int(known)
            epoch = await connection.scalar(_NEXT_EPOCH, {**asked, "after": after, "now": now})
            first = {"shard": shard, "epoch": epoch, "position": STREAM_START, "now": now}
            await connection.execute(_FIRST_OFFSET, first)
            return int(epoch)

    async def _advance(self, connection: AsyncConnection, step: Step) -> None:
        before = step.before
        moved = await connection.execute(
            _ADVANCE,
            {
                "shard": self._shard,
                "epoch": before.epoch,
                "before": before.position,
                "position": step.position,
                "as_of": step.as_of,
            },
        )
        if moved.rowcount != 1:
            raise OffsetMovedError(
                f"epoch {before.epoch} of {self._shard} is no longer at {before.position}"
            )

    async def _bury(
        self, connection: AsyncConnection, epoch: int, letters: Sequence[DeadLetter]
    ) -> None:
        await connection.execute(
            _BURY,
            {
                "shard": self._shard,
                "epoch": epoch,
                "positions": [letter.entry.position for letter in letters],
                "entries": [_storable_json(letter.entry.fields) for letter in letters],
                "errors": [letter.error.replace("\0", "\ufffd") for letter in letters],
            },
        )


async def _write(
    connection: AsyncConnection, kind: Kind, epoch: int, changes: Mapping[str, Change]
) -> None:
    await connection.execute(
        _UPSERTS[kind],
        {
            "epoch": epoch,
            "ids": list(changes),
            "fields": [json.dumps(change.fields) for change in changes.values()],
            "rvs": [change.rv for change in changes.values()],
            "final_states": sorted(FINAL_STATES[kind]),
        },
    )


def _storable_json(fields: Mapping[str, str]) -> str:
    clean = {
        name.replace("\0", "\ufffd"): text.replace("\0", "\ufffd") for name, text in fields.items()
    }
    return json.dumps(clean)
