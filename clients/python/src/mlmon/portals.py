"""An event loop in a thread of its own, which ends with whoever uses it."""

import threading
import weakref
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import ParamSpec, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

P = ParamSpec("P")
T = TypeVar("T")


class Portal:
    """Runs coroutines in a thread of its own, from any other thread.

    It is closed by `close`, when its owner is garbage, or at the latest when the interpreter
    exits: one that is open by then would keep the process from ending.

    Args:
        owner: Whose end is the portal's too.
        on_close: Runs in the loop, last.
    """

    def __init__(self, owner: object, on_close: Callable[[], Awaitable[None]]) -> None:
        running = start_blocking_portal()
        self._portal = running.__enter__()
        thread = self._portal.call(threading.get_ident)
        self._closing = weakref.finalize(owner, _close, running, self._portal, thread, on_close)

    @property
    def is_closed(self) -> bool:
        """Whether it runs nothing any more."""
        return not self._closing.alive

    def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a coroutine function in the loop; return its result, or raise what it raises."""
        result: T = self._portal.call(partial(function, *args, **kwargs))
        return result

    def close(self) -> None:
        """End the thread; doing it again changes nothing."""
        self._closing()


def _close(
    running: AbstractContextManager[BlockingPortal],
    portal: BlockingPortal,
    thread: int,
    on_close: Callable[[], Awaitable[None]],
) -> None:
    def end() -> None:
        try:
            portal.call(on_close)
        finally:
            running.__exit__(None, None, None)

    if threading.get_ident() == thread:
        # Garbage is collected in whatever thread makes some, and a loop cannot wait for itself.
        threading.Thread(target=end).start()
    else:
        end()
