import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.loops import LoopRunner
from mlmon_shared.testing.clocks import FakeClock


class Script:
    """A loop whose ticks take the seconds, and go as well, as they are told to."""

    name = "script"
    period_seconds = 0.0

    def __init__(self, clock: FakeClock, ticks: Iterator[tuple[float, bool]]) -> None:
        self._clock = clock
        self._ticks = ticks

    async def tick(self) -> bool:
        seconds, is_good = next(self._ticks, (0.0, None))
        if is_good is None:
            raise asyncio.CancelledError
        self._clock.advance(seconds)
        if not is_good:
            raise StoreUnavailableError("Redis does not answer")
        return True


async def warnings_after(clock: FakeClock, *ticks: tuple[float, bool]) -> list[str]:
    runner = LoopRunner(Script(clock, iter(ticks)), monotonic=clock.monotonic)
    with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await runner.run()
    return [line["event"] for line in lines if line["log_level"] in {"warning", "info"}]


async def test_services_that_start_together_may_wait_for_one_another(clock: FakeClock):
    assert await warnings_after(clock, (1, False), (29, False), (1, True)) == []


async def test_a_start_that_lasts_is_warned_of_once(clock: FakeClock):
    lines = await warnings_after(clock, (1, False), (30, False), (30, False), (1, True))

    assert lines == ["loop cannot go on", "loop goes on"]


async def test_a_loop_that_worked_is_warned_of_soon(clock: FakeClock):
    lines = await warnings_after(clock, (1, True), (1, False), (3, False), (1, True))

    assert lines == ["loop cannot go on", "loop goes on"]


async def test_a_short_failure_is_not_warned_of(clock: FakeClock):
    assert await warnings_after(clock, (1, True), (1, False), (2, False), (1, True)) == []
