"""Wait for something to become true, with a deadline, instead of sleeping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T | None]],
    *,
    within_seconds: float = ...,
    every_seconds: float = ...,
    describe: str = ...,
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T | None],
    *,
    within_seconds: float = ...,
    every_seconds: float = ...,
    describe: str = ...,
) -> T: ...


async def eventually(
    condition: Callable[[], object],
    *,
    within_seconds: float = 30.0,
    every_seconds: float = 0.02,
    describe: str = "",
) -> object:
    """Return the first truthy result of a condition, sync or async.

    An AssertionError inside the condition means not yet.

    Args:
        condition: Asked again and again.
        within_seconds: How long to go on.
        every_seconds: Pause between two questions.
        describe: What is awaited, for the failure.

    Raises:
        AssertionError: The time is over; says what the condition gave last.
    """
    poll = _Poll(condition, within_seconds, describe)
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + poll.left_seconds()):
                result = condition()
                seen = await result if inspect.isawaitable(result) else result
        except AssertionError as error:
            poll.note(error)
            seen = None
        except TimeoutError as error:
            if poll.left_seconds() > 0:
                raise
            raise poll.failure() from error
        if seen:
            return seen
        poll.check(seen)
        await asyncio.sleep(every_seconds)


def eventually_sync(
    condition: Callable[[], T | None],
    *,
    within_seconds: float = 30.0,
    every_seconds: float = 0.02,
    describe: str = "",
) -> T:
    """Return the first truthy result of a condition, as `eventually` does, blocking."""
    poll = _Poll(condition, within_seconds, describe)
    while True:
        try:
            seen = condition()
        except AssertionError as error:
            poll.note(error)
            seen = None
        if seen:
            return seen
        poll.check(seen)
        time.sleep(every_seconds)


class _Poll:
    """A deadline and what was seen last."""

    def __init__(
        self, condition: Callable[[], object], within_seconds: float, describe: str
    ) -> None:
        self._within_seconds = within_seconds
        self._deadline = time.monotonic() + within_seconds
        self._describe = describe or getattr(condition, "__qualname__", "the condition")
        self._last: object = None

    def left_seconds(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def note(self, error: AssertionError) -> None:
        self._last = f"AssertionError: {error}"

    def check(self, seen: object) -> None:
        if seen is not None:
            self._last = seen
        if self.left_seconds() <= 0:
            raise self.failure()

    def failure(self) -> AssertionError:
        return AssertionError(
            f"{self._describe}: not within {self._within_seconds:g} s; last seen: {self._last!r}"
        )
