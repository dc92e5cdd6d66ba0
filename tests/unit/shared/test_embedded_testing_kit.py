import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_shared.clocks import Clock, SystemClock
from mlmon_shared.ids import derived_id, id_milliseconds, new_id
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.polling import eventually, eventually_sync

MILLISECONDS = st.integers(min_value=0, max_value=(1 << 48) - 1)


@given(MILLISECONDS, MILLISECONDS)
def test_derived_ids_sort_by_time(one: int, other: int) -> None:
    by_id = sorted([(derived_id(one, "a"), one), (derived_id(other, "b"), other)])

    assert [time for _, time in by_id] == sorted([one, other])


@given(MILLISECONDS, st.lists(st.text()))
def test_derived_id_is_a_uuid_8_that_carries_its_time(time: int, parts: list[str]) -> None:
    identifier = derived_id(time, *parts)
    parsed = UUID(identifier)

    assert (parsed.version, parsed.variant) == (8, "specified in RFC 4122")
    assert id_milliseconds(identifier) == time


@given(st.lists(st.text()), st.lists(st.text()))
def test_derived_id_tells_all_parts_apart(one: list[str], other: list[str]) -> None:
    assert (derived_id(7, *one) == derived_id(7, *other)) is (one == other)


def test_derived_id_is_the_same_on_every_machine() -> None:
    assert derived_id(1_700_000_000_000, "a", "b") == "018bcfe5-6800-8b37-9e7a-bf1eac5b3012"


@pytest.mark.parametrize("time", [-1, 1 << 48])
def test_derived_id_refuses_a_time_that_does_not_fit(time: int) -> None:
    with pytest.raises(ValueError, match="not a time"):
        derived_id(time)


def test_new_ids_are_in_order() -> None:
    made = [new_id() for _ in range(1000)]

    assert made == sorted(made)


def test_new_id_carries_the_time() -> None:
    before = SystemClock().now_ms()
    carried = id_milliseconds(new_id())

    assert before <= carried <= SystemClock().now_ms()


@pytest.mark.parametrize("text", ["nonsense", "9b2f5e4c-7d0b-4a52-9b43-1f6f0e3f6f52"])
def test_other_identifiers_carry_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"badly formed|carries no time"):
        id_milliseconds(text)


def test_fake_clock_moves_only_when_advanced(clock: FakeClock) -> None:
    same: Clock = clock
    before = (same.now(), same.now_ms(), same.monotonic())
    clock.advance(1.5)
    after = (same.now(), same.now_ms(), same.monotonic())

    assert after == (before[0] + timedelta(seconds=1.5), before[1] + 1500, before[2] + 1.5)


def test_setting_the_fake_clock_back_keeps_durations(clock: FakeClock) -> None:
    started = clock.monotonic()
    clock.set_to(datetime(2020, 1, 1, tzinfo=UTC))

    assert (clock.now().year, clock.monotonic()) == (2020, started)


def test_fake_clock_does_not_run_backwards(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="set_to"):
        clock.advance(-1)


def test_ids_are_the_same_in_every_run(ids: SequentialIds) -> None:
    assert [ids(), ids.new_id()] == [
        "019b8e07-4600-7000-8000-000000000001",
        "019b8e07-4600-7000-8000-000000000002",
    ]


def test_ids_follow_the_clock(ids: SequentialIds, clock: FakeClock) -> None:
    first = ids()
    clock.advance(1)
    second = ids()

    assert id_milliseconds(second) - id_milliseconds(first) == 1000


async def test_eventually_returns_the_first_truthy_answer() -> None:
    answers = iter([None, False, 0, "found", "too late"])

    async def ask() -> object:
        return next(answers)

    assert await eventually(ask, every_seconds=0) == "found"


async def test_eventually_takes_a_sync_condition_that_asserts() -> None:
    answers = iter([1, 2, 3])

    def ask() -> bool:
        assert next(answers) == 3
        return True

    assert await eventually(ask, every_seconds=0)


async def test_eventually_says_what_it_last_saw() -> None:
    with pytest.raises(AssertionError, match=r"queue drained: not within 0 s; last seen: 0"):
        await eventually(lambda: 0, within_seconds=0, describe="queue drained")


async def test_eventually_gives_up_on_a_condition_that_hangs() -> None:
    with pytest.raises(AssertionError, match="not within"):
        await eventually(asyncio.Event().wait, within_seconds=0.01)


def test_eventually_sync_returns_the_first_truthy_answer() -> None:
    answers = iter([None, "found"])

    assert eventually_sync(lambda: next(answers), every_seconds=0) == "found"


def test_eventually_sync_says_what_it_last_saw() -> None:
    with pytest.raises(AssertionError, match=r"last seen: \[\]"):
        eventually_sync(list, within_seconds=0)
