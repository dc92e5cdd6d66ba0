"""Polls that wait for work: a queued run wakes those that can be of use, not the whole fleet."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from mlmon_scheduler.application.stored import Left
from mlmon_scheduler.domain.shapes import is_exclusive, labels_of, vector_of
from mlmon_shared.wire.agent_protocol import Vector

_WOKEN_BY_A_GRANT: Final = 2
_LOOKS_IN_VAIN: Final = 8


class _Wake:
    """News of queued runs of one shape, handed from poll to poll.

    Args:
        pool: Whose polls look.
        shape: Of the runs.
    """

    def __init__(self, pool: str, shape: str) -> None:
        self.pool = pool
        self.looked: set[ParkedPoll] = set()
        self._needed = vector_of(shape)
        # Only the store knows which host is empty and which has the labels.
        is_unsure = is_exclusive(shape) or bool(labels_of(shape))
        self._looks_left = math.inf if is_unsure else _LOOKS_IN_VAIN

    def concerns(self, poll: "ParkedPoll") -> bool:
        """Tell whether the poll has room and has not looked yet."""
        return self._needed.fits_into(poll.free) and poll not in self.looked

    def spend(self) -> bool:
        """Count a look in vain; tell whether one more is worth it."""
        self._looks_left -= 1
        return self._looks_left > 0


class ParkedPoll:
    """One poll that waits.

    Args:
        free: What its agent has free.
        news: Set when it is to look again.
    """

    def __init__(self, free: Vector, news: asyncio.Event) -> None:
        self.free = free
        self.news = news
        self.wakes: list[_Wake] = []
        self.answering: list[_Wake] = []

    def take_wakes(self) -> list[_Wake]:
        """Return all that it was woken by and has not handed on."""
        taken, self.wakes, self.answering = [*self.answering, *self.wakes], [], []
        return taken


class ParkedPolls:
    """Hands news of queued runs from poll to poll, by pool, in the order in which they came.

    News wakes one poll that has room. One that is granted something wakes two more, one that
    finds nothing for itself wakes another, eight times at most; none is woken once nothing is
    left. So the cost of a submission does not grow with the number of agents. A poll that leaves
    without having looked hands its news on.
    """

    def __init__(self) -> None:
        # Pools are few; none is forgotten.
        self._waiting: defaultdict[str, dict[ParkedPoll, None]] = defaultdict(dict)

    @contextmanager
    def park(self, pool: str, free: Vector, news: asyncio.Event) -> Iterator[ParkedPoll]:
        """Let a poll wait while the context is open.

        Args:
            pool: Of its agent.
            free: What the agent has free.
            news: Set when it is to look again.
        """
        poll = ParkedPoll(free, news)
        self._waiting[pool][poll] = None
        try:
            yield poll
        finally:
            self._waiting[pool].pop(poll, None)
            for wake in poll.take_wakes():
                self._hand_on(wake)

    def begin_look(self, pool: str, poll: ParkedPoll) -> None:
        """Note that a poll asks the store now: what comes from here on is news again."""
        poll.news.clear()
        poll.answering = poll.take_wakes()
        for wake in poll.answering:
            wake.looked.add(poll)
        self._waiting[pool].setdefault(poll)

    def end_look(self, poll: ParkedPoll, *, is_granted: bool, left: Left) -> None:
        """Hand news on after the store has answered."""
        if left is Left.UNREAD and not is_granted:
            poll.news.set()
            return
        wakes, poll.answering = poll.answering, []
        if left is Left.NOTHING:
            return
        for wake in wakes:
            if is_granted:
                for _ in range(_WOKEN_BY_A_GRANT):
                    self._hand_on(wake)
            # Who may take nothing, or was answered before, has not looked.
            elif left in (Left.UNKNOWN, Left.REPLAYED) or wake.spend():
                self._hand_on(wake)

    def wake(self, pools: Sequence[str] | None, shape: str) -> None:
        """Tell polls of queued runs.

        Args:
            pools: That may take them; None for all.
            shape: Of the runs.
        """
        for pool in list(self._waiting) if pools is None else pools:
            self._hand_on(_Wake(pool, shape))

    def wake_all(self) -> None:
        """Let every poll look: something may have been missed."""
        for waiting in self._waiting.values():
            for poll in waiting:
                poll.news.set()

    def _hand_on(self, wake: _Wake) -> None:
        waiting = self._waiting[wake.pool]
        poll = next((poll for poll in waiting if wake.concerns(poll)), None)
        if poll is not None:
            del waiting[poll]
            poll.wakes.append(wake)
            poll.news.set()
