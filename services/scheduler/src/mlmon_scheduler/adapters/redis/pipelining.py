"""Send what is asked for at the same time together: a round trip costs more than a command."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, Final

import redis.asyncio

_IN_FLIGHT: Final = 2
"""While the store works on one pipeline, the next is written."""
_COMMANDS_LIMIT: Final = 256


class Pipelining:
    """Commands that wait at the same time travel as one pipeline, in their order.

    Not for commands that block: they would block everybody.

    Args:
        client: Where they are sent; it takes as many connections as pipelines may be under way.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._waiting: deque[_Request] = deque()
        self._senders: set[asyncio.Task[None] | None] = set()

    async def do(self, *command: Any) -> Any:  # noqa: ANN401 - whatever Redis takes and answers
        """Send one command and return its answer, or raise what it answered."""
        (answer,) = await self.do_all([command])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def do_all(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Send commands and return their answers, errors among them; raise if Redis is away."""
        if not commands:
            return []
        request = _Request(commands, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if len(self._senders) < _IN_FLIGHT:
            sender = asyncio.create_task(self._send_all())
            self._senders.add(sender)
            # One that is cancelled before it begins takes nobody off the list by itself.
            sender.add_done_callback(self._senders.discard)
        return await request.answers

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                if requests := self._take():
                    await self._send(requests)
        finally:
            # In the step that found nothing waiting: the task's callbacks come later, and who
            # asks in between would count on a sender that sends no more.
            self._senders.discard(asyncio.current_task())

    def _take(self) -> list["_Request"]:
        requests: list[_Request] = []
        size = 0
        while self._waiting and size < _COMMANDS_LIMIT:
            request = self._waiting.popleft()
            # Whoever asked may have gone; nothing was sent, so nothing need be.
            if not request.answers.done():
                requests.append(request)
                size += len(request.commands)
        return requests

    async def _send(self, requests: Sequence["_Request"]) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for command in chain.from_iterable(request.commands for request in requests):
                    pipeline.execute_command(*command)
                answers = iter(await pipeline.execute(raise_on_error=False))
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            for request in requests:
                request.fail(error)
        except asyncio.CancelledError:
            for request in requests:
                request.answers.cancel()
            raise
        else:
            for request in requests:
                request.succeed(list(islice(answers, len(request.commands))))


class _Request:
    """Commands of one caller, and where their answers go."""

    def __init__(
        self, commands: Sequence[tuple[Any, ...]], answers: asyncio.Future[list[Any]]
    ) -> None:
        self.commands = commands
        self.answers = answers

    def succeed(self, answers: list[Any]) -> None:
        """Hand the answers over, if anybody still waits for them."""
        if not self.answers.done():
            self.answers.set_result(answers)

    def fail(self, error: Exception) -> None:
        """Hand the error over, if anybody still waits."""
        if not self.answers.done():
            self.answers.set_exception(error)
