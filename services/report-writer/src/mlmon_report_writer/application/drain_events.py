"""Move events from the streams into history, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from mlmon_report_writer.application.ports import EventStore, EventStreams, Step
from mlmon_report_writer.domain.changes import Changes, collapse, is_complete
from mlmon_report_writer.domain.events import (
    ACTION_KIND,
    EPOCH_KIND,
    NOT_KEPT,
    STREAM_START,
    Continuity,
    DeadLetter,
    Entry,
    Event,
    Kind,
    Offset,
)
from mlmon_report_writer.domain.parse_actions import parse_action
from mlmon_report_writer.domain.parse_events import parse_entry
from mlmon_report_writer.errors import MalformedEventError, OffsetMovedError, RejectedValueError
from mlmon_shared.clocks import Clock
from mlmon_shared.wire.actions import ActionDocument

REPUBLISH_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Drained:
    """What one step of the drain did.

    Attributes:
        events: Applied.
        dead_letters: Put aside.
        batches: Transactions that it took.
        as_of: When the newest of the events happened.
        is_at_end: Whether nothing was left to read.
        has_epochs: Whether there is a stream to read at all.
        is_full: Whether a batch was as large as it may be: there is more to read at once.
    """

    events: int = 0
    dead_letters: int = 0
    batches: int = 0
    as_of: datetime | None = None
    is_at_end: bool = False
    has_epochs: bool = True
    is_full: bool = False

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(
            self.events + other.events,
            self.dead_letters + other.dead_letters,
            self.batches + other.batches,
            other.as_of or self.as_of,
            other.is_at_end,
        )


class EventDrain:
    """Drains the streams of one shard.

    The offset moves in the transaction that applies its events, so a crash anywhere leaves
    either both or neither; the watermark follows and may be late, never early.

    Args:
        streams: Where events are.
        store: Where they go.
        clock: For the time at which the end was seen, and for re-publishing.
        batch_limit: Entries of one transaction at most.
        wait_seconds: How long one step waits for events when there are none.
    """

    def __init__(
        self,
        streams: EventStreams,
        store: EventStore,
        *,
        clock: Clock,
        batch_limit: int,
        wait_seconds: float,
    ) -> None:
        self._streams = streams
        self._store = store
        self._clock = clock
        self._batch_limit = batch_limit
        self._wait_seconds = wait_seconds
        self._published_at: float | None = None
        self._reported: Offset | None = None

    async def drain(self) -> Drained:
        """Apply what there is, up to one batch of each epoch, the oldest epoch first.

        Raises:
            StoreUnavailableError: Redis or PostgreSQL does not answer; nothing is lost.
        """
        asked_at = self._clock.now()
        offsets = await self._store.list_offsets()
        if not offsets:
            return Drained(is_at_end=True, has_epochs=False)
        await self._republish(offsets)
        await self._check_continuity(offsets)
        found = await self._streams.read(
            offsets, limit=self._batch_limit, wait_seconds=self._wait_seconds
        )
        done = Drained(is_at_end=True)
        try:
            for offset in offsets:
                entries = found.get(offset.epoch, ())
                if entries:
                    done += await self._store_entries(offset, entries)
                    await self._streams.publish_watermark(
                        Offset(offset.epoch, entries[-1].position)
                    )
                if len(entries) == self._batch_limit:
                    # A newer epoch waits until this one is drained.
                    return replace(done, is_full=True)
        except OffsetMovedError as error:
            log.warning("another replica drains the shard", detail=error.detail)
            return done
        if done.is_at_end:
            # Not later than the answer: events may have come since it was asked for.
            await self._store.note_end_seen(asked_at)
        return done

    async def _republish(self, offsets: Sequence[Offset]) -> None:
        # Heals a crash between commit and publishing, and a Redis that lost the key.
        now = self._clock.monotonic()
        if self._published_at is not None and now - self._published_at < REPUBLISH_SECONDS:
            return
        for offset in offsets:
            if offset.position != STREAM_START:
                await self._streams.publish_watermark(offset)
        self._published_at = now

    async def _check_continuity(self, offsets: Sequence[Offset]) -> None:
        """Tell a stream that goes on from one that Redis has only an older copy of.

        What it holds is stored all the same: it happened, and what is older changes nothing.
        """
        begun = [offset for offset in offsets if offset.position != STREAM_START]
        if not begun or begun[-1] == self._reported:
            return
        newest = begun[-1]
        found = await self._streams.find_continuity(newest)
        if found is Continuity.WHOLE:
            return
        self._reported = newest
        if found is Continuity.AHEAD:
            log.error(
                "events are missing: PostgreSQL is older than the stream",
                epoch=newest.epoch,
                position=newest.position,
            )
            return
        log.error(
            "the stream is older than history: the scheduler will recover the shard",
            epoch=newest.epoch,
            position=newest.position,
        )
        await self._store.note_broken(newest.epoch)

    async def _store_entries(self, offset: Offset, entries: Sequence[Entry]) -> Drained:
        """Store entries in one transaction, or in halves until the one at fault is alone."""
        try:
            return await self._store_batch(offset, entries)
        except RejectedValueError as error:
            if len(entries) == 1:
                return await self._bury(offset, entries[0], error.detail)
        middle = len(entries) // 2
        first, second = entries[:middle], entries[middle:]
        done = await self._store_entries(offset, first)
        return done + await self._store_entries(Offset(offset.epoch, first[-1].position), second)

    async def _store_batch(self, offset: Offset, entries: Sequence[Entry]) -> Drained:
        events, actions, dead = _parse(entries)
        changes = collapse(events)
        orphans = await self._find_orphans(changes)
        if any(orphans.values()):
            at_fault = {event.position for event in events if event.id in orphans[event.kind]}
            dead += [
                DeadLetter(entry, "history has no beginning of it, and the event is not one")
                for entry in entries
                if entry.position in at_fault
            ]
            events = [event for event in events if event.position not in at_fault]
            changes = collapse(events)
        # Clamped, because as_of never goes back: one event from the future would freeze it.
        newest = [found[-1].at for found in (events, actions) if found]
        as_of = min(max(newest), self._clock.now()) if newest else None
        await self._store.apply(Step(offset, entries[-1].position, as_of), changes, dead, actions)
        _report(offset, dead)
        return Drained(len(events) + len(actions), len(dead), 1, as_of)

    async def _find_orphans(self, changes: Changes) -> dict[Kind, frozenset[str]]:
        found: dict[Kind, frozenset[str]] = {}
        for kind in Kind:
            partial = [
                change.id for change in changes[kind].values() if not is_complete(kind, change)
            ]
            found[kind] = await self._store.find_missing(kind, partial) if partial else frozenset()
        return found

    async def _bury(self, offset: Offset, entry: Entry, why: str) -> Drained:
        dead = [DeadLetter(entry, why)]
        await self._store.apply(Step(offset, entry.position, None), collapse(()), dead)
        _report(offset, dead)
        return Drained(0, 1, 1)


def _parse(
    entries: Sequence[Entry],
) -> tuple[list[Event], list[ActionDocument], list[DeadLetter]]:
    events, actions, dead = [], [], []
    for entry in entries:
        if entry.fields.get("kind") in {EPOCH_KIND, *NOT_KEPT}:
            continue
        try:
            if entry.fields.get("kind") == ACTION_KIND:
                actions.append(parse_action(entry))
            else:
                events.append(parse_entry(entry))
        except MalformedEventError as error:
            dead.append(DeadLetter(entry, error.detail))
    return events, actions, dead


def _report(offset: Offset, dead_letters: Sequence[DeadLetter]) -> None:
    for letter in dead_letters:
        log.error(
            "event put aside",
            epoch=offset.epoch,
            position=letter.entry.position,
            reason=letter.error,
        )
