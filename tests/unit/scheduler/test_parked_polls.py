"""News of queued runs goes to polls that can use it."""

import asyncio
from contextlib import ExitStack

import pytest

from mlmon_scheduler.application.parked_polls import ParkedPoll, ParkedPolls
from mlmon_scheduler.application.stored import Left
from mlmon_shared.wire.agent_protocol import Vector

SMALL = "c1000m0g0d0"
LARGE = "c8000m0g0d0"


class Polls:
    """Polls of one pool, which look when a test says so."""

    def __init__(self, stack: ExitStack) -> None:
        self.parked = ParkedPolls()
        self._stack = stack
        self.all: list[ParkedPoll] = []

    def add(self, count: int = 1, *, cores: int = 4, pool: str = "cpu") -> ParkedPoll:
        """Park polls that have looked once; return the last."""
        for _ in range(count):
            free = Vector(cpu_milli=cores * 1000)
            poll = self._stack.enter_context(self.parked.park(pool, free, asyncio.Event()))
            self.look(poll, left=Left.NOTHING)
            self.all.append(poll)
        return self.all[-1]

    def look(self, poll: ParkedPoll, *, is_granted: bool = False, left: Left) -> None:
        """Ask the store, which answers so."""
        self.parked.begin_look("cpu", poll)
        self.parked.end_look(poll, is_granted=is_granted, left=left)

    def woken(self) -> list[ParkedPoll]:
        """Return who is to look again."""
        return [poll for poll in self.all if poll.news.is_set()]

    def look_all(self, *, left: Left) -> int:
        """Let everybody look in vain until nobody is woken; return how many looks that were."""
        looks = 0
        while woken := self.woken():
            for poll in woken:
                looks += 1
                self.look(poll, left=left)
        return looks


@pytest.fixture
def polls():
    with ExitStack() as stack:
        yield Polls(stack)


def test_queued_run_wakes_one_poll_of_its_pools(polls: Polls):
    polls.add(3)
    polls.add(3, pool="highmem")

    polls.parked.wake(["cpu"], SMALL)

    assert polls.woken() == polls.all[:1]


def test_run_of_any_pool_wakes_one_poll_of_each(polls: Polls):
    polls.add(3)
    polls.add(3, pool="highmem")

    polls.parked.wake(None, SMALL)

    assert polls.woken() == [polls.all[0], polls.all[3]]


def test_polls_without_room_are_left_alone(polls: Polls):
    polls.add(3)
    roomy = polls.add(cores=16)

    polls.parked.wake(["cpu"], LARGE)

    assert polls.woken() == [roomy]


def test_poll_that_was_granted_something_wakes_two_more(polls: Polls):
    polls.add(5)
    polls.parked.wake(["cpu"], SMALL)

    polls.look(polls.all[0], is_granted=True, left=Left.SOMETHING)

    assert polls.woken() == polls.all[1:3]


@pytest.mark.parametrize("is_granted", [True, False])
def test_nobody_is_woken_once_nothing_is_left(polls: Polls, is_granted: bool):
    polls.add(5)
    polls.parked.wake(["cpu"], SMALL)

    polls.look(polls.all[0], is_granted=is_granted, left=Left.NOTHING)

    assert polls.woken() == []


def test_only_some_look_in_vain_when_what_is_left_fits_nobody(polls: Polls):
    polls.add(100)
    polls.parked.wake(["cpu"], SMALL)

    assert polls.look_all(left=Left.SOMETHING) == 8


def test_who_may_take_nothing_hands_the_news_on(polls: Polls):
    polls.add(100)
    polls.parked.wake(["cpu"], SMALL)

    assert polls.look_all(left=Left.UNKNOWN) == 100


@pytest.mark.parametrize("shape", [SMALL + "x", SMALL + "@zone:a"])
def test_everybody_looks_for_what_only_the_store_can_place(polls: Polls, shape: str):
    polls.add(100)
    polls.parked.wake(["cpu"], shape)

    assert polls.look_all(left=Left.SOMETHING) == 100


def test_poll_that_leaves_without_having_looked_hands_its_news_on(polls: Polls):
    with polls.parked.park("cpu", Vector(cpu_milli=4000), asyncio.Event()) as leaving:
        polls.add()
        polls.parked.wake(["cpu"], SMALL)
        assert leaving.news.is_set()
        assert polls.woken() == []

    assert polls.woken() == polls.all


def test_poll_that_leaves_while_the_store_is_asked_hands_its_news_on(polls: Polls):
    with polls.parked.park("cpu", Vector(cpu_milli=4000), asyncio.Event()) as leaving:
        polls.add()
        polls.parked.wake(["cpu"], SMALL)
        polls.parked.begin_look("cpu", leaving)

    assert polls.woken() == polls.all


def test_news_that_comes_while_the_store_is_asked_is_looked_at(polls: Polls):
    only = polls.add()
    polls.parked.begin_look("cpu", only)
    polls.parked.wake(["cpu"], SMALL)

    polls.parked.end_look(only, is_granted=False, left=Left.NOTHING)

    assert polls.woken() == [only]


def test_two_runs_wake_two_polls(polls: Polls):
    polls.add(5)

    polls.parked.wake(["cpu"], SMALL)
    polls.parked.wake(["cpu"], SMALL)

    assert polls.woken() == polls.all[:2]


def test_everybody_looks_when_something_may_have_been_missed(polls: Polls):
    polls.add(5, cores=0)

    polls.parked.wake_all()

    assert polls.woken() == polls.all


def test_poll_goes_on_looking_where_one_call_did_not_see_all(polls: Polls):
    polls.add(2)
    polls.parked.wake(["cpu"], SMALL)

    polls.look(polls.all[0], left=Left.UNREAD)

    assert polls.woken() == polls.all[:1]
    polls.look(polls.all[0], left=Left.SOMETHING)
    assert polls.woken() == polls.all[1:]
