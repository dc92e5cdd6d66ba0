"""Stay with a running command: read its output, watch its time, stop it when ordered."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_worker_agent.application.attempt_logs import AttemptLog
from mlmon_worker_agent.application.held_attempts import HeldAttempt
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.ports import ContainerRuntime, Piece
from mlmon_worker_agent.domain.attempts import StopOrder
from mlmon_worker_agent.domain.causes import Exit, disk_order, silence_order, timeout_order
from mlmon_worker_agent.domain.errors import RuntimeFailedError
from mlmon_worker_agent.domain.output_lines import OutputLines
from mlmon_worker_agent.domain.output_masks import OutputMask, masked_texts

log = structlog.get_logger(__name__)

_USAGE_SECONDS: Final = 1.0
_LARGEST_SHARE: Final = 20  # measuring takes at most a 20th of the time


@dataclass(frozen=True)
class Followed:
    """How a command's run went.

    Attributes:
        order: That stopped it, if it did not end by itself.
        last_words: The last line of its standard error.
    """

    end: Exit
    order: StopOrder | None
    last_words: str


class CommandFollower:
    """Follows one running command to its end.

    Args:
        attempt: Whose progress, metrics and usage are kept up to date.
        spec: Says the timeouts.
        log: Gets the output.
        disk_check_seconds: How often the disk that the attempt takes is measured, if the job asks
            for some.
    """

    def __init__(
        self,
        attempt: HeldAttempt,
        spec: AttemptSpec,
        *,
        runtime: ContainerRuntime,
        host: Host,
        log: AttemptLog,
        disk_check_seconds: float,
    ) -> None:
        self._disk_check_seconds = disk_check_seconds
        self._attempt = attempt
        self._spec = spec
        self._runtime = runtime
        self._host = host
        self._log = log
        self._lines = {"stdout": OutputLines(), "stderr": OutputLines()}
        self._heard_at = host.monotonic()

    async def follow(self) -> Followed:
        """Return once the command ended, nothing of it runs and its output is read."""
        ref = self._attempt.ref
        ended = asyncio.create_task(self._runtime.wait(ref))
        reading = asyncio.create_task(self._read_output())
        weighing = asyncio.create_task(self._watch_usage())
        measuring = asyncio.create_task(self._watch_disk())
        try:
            order = await self._supervise(ended)
            end = await ended
            await reading
        finally:
            tasks = (ended, reading, weighing, measuring)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._attempt.usage = await self._runtime.usage(ref)
        return Followed(end, order, self._lines["stderr"].last_line)

    async def _supervise(self, ended: asyncio.Task[Exit]) -> StopOrder | None:
        """Carry out orders, and give those that are due by the clock, until the end."""
        span = await self._runtime.span(self._attempt.ref)
        given: StopOrder | None = None
        while not ended.done():
            ordered = asyncio.create_task(self._attempt.wait_for_stop(beyond=given))
            left = None if given is not None else self._seconds_left(span.started)
            await asyncio.wait({ended, ordered}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            ordered.cancel()
            await asyncio.gather(ordered, return_exceptions=True)
            if ended.done():
                break
            if given is None:
                self._check_clock(span.started)
            if self._attempt.stop_order is not given and self._attempt.stop_order is not None:
                given = self._attempt.stop_order
                await self._runtime.stop(self._attempt.ref, given)
        return given

    def _seconds_left(self, started: float) -> float:
        now, timeouts = self._host.monotonic(), self._spec.timeouts
        left = started + timeouts.run - now
        if timeouts.silence is not None:
            left = min(left, self._heard_at + timeouts.silence - now)
        return max(left, 0.0)

    def _check_clock(self, started: float) -> None:
        now, timeouts = self._host.monotonic(), self._spec.timeouts
        grace = self._attempt.grant.kill_grace_seconds
        if now >= started + timeouts.run:
            self._attempt.order_stop(timeout_order(timeouts, grace))
        elif timeouts.silence is not None and now >= self._heard_at + timeouts.silence:
            self._attempt.order_stop(silence_order(timeouts, grace))

    async def _read_output(self) -> None:
        # Read where they are kept: an agent that was restarted knows no spec with secrets.
        secrets = await self._runtime.secrets(self._attempt.ref)
        texts = masked_texts([*secrets, self._spec.token])
        masks = {stream: OutputMask(texts) for stream in self._lines}
        async for piece in self._runtime.output(self._attempt.ref):
            self._heard_at = self._host.monotonic()
            self._take(piece.stream, masks[piece.stream].feed(piece.offset, piece.data))
        for stream, lines in self._lines.items():
            self._take(stream, masks[stream].flush())
            lines.close()
        self._publish()

    def _take(self, stream: str, shown: Iterable[tuple[int, bytes]]) -> None:
        for offset, data in shown:
            self._lines[stream].feed(data)
            self._log.add(Piece(stream, offset, data))
        self._publish()

    def _publish(self) -> None:
        for lines in self._lines.values():
            self._attempt.metrics |= lines.metrics
        out, err = self._lines["stdout"].progress, self._lines["stderr"].progress
        self._attempt.progress = out if out is not None else err

    async def _watch_usage(self) -> None:
        while True:
            self._attempt.usage = await self._runtime.usage(self._attempt.ref)
            await asyncio.sleep(_USAGE_SECONDS)

    async def _watch_disk(self) -> None:
        asked = self._spec.resources.disk
        while asked:
            await asyncio.sleep(self._disk_check_seconds)
            begun = self._host.monotonic()
            try:
                used = await self._runtime.disk_use(self._attempt.ref)
            except RuntimeFailedError as error:
                log.warning("disk not measured", detail=error.detail)
                continue
            self._attempt.peak_disk = max(self._attempt.peak_disk or 0, used)
            if used > asked:
                grace = self._attempt.grant.kill_grace_seconds
                self._attempt.order_stop(disk_order(used, asked, grace))
                return
            await asyncio.sleep((self._host.monotonic() - begun) * _LARGEST_SHARE)
