"""What becomes of containers, through restarts of their engine."""

import asyncio
import signal
import time
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from docker.errors import NotFound

from mlmon_worker_agent.adapters.docker import containers
from mlmon_worker_agent.adapters.docker.ends import exit_of, seconds_since
from mlmon_worker_agent.adapters.docker.engines import Engine
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.errors import RuntimeFailedError

log = structlog.get_logger(__name__)

_RETRY_SECONDS: Final = 0.5
_NEWS_SECONDS: Final = 0.3
_MEMORY_NEWS_SECONDS: Final = 5.0
_NEVER_ITS_OWN: Final = frozenset({signal.SIGKILL, signal.SIGTERM})


class ContainerStates:
    """Asks the engine for containers' states, and remembers whether host and engine worked.

    Args:
        engine: Has the containers.
        owner: See `container_name`.
        boot_id: Of the host, now.
    """

    def __init__(self, engine: Engine, owner: str, *, boot_id: str) -> None:
        self._engine = engine
        self._owner = owner
        self._boot_id = boot_id
        self._disturbed: set[AttemptRef] = set()
        self._oom_peaks: dict[AttemptRef, int] = {}

    def oom_peak(self, ref: AttemptRef) -> int:
        """Return the limit of memory that an attempt ran into, 0 for none."""
        return self._oom_peaks.get(ref, 0)

    def forget(self, ref: AttemptRef) -> None:
        """Forget an attempt that is over."""
        self._oom_peaks.pop(ref, None)
        self._disturbed.discard(ref)

    async def _inspect(self, ref: AttemptRef) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = await self._engine.call(
                self._engine.client.inspect_container, containers.container_name(self._owner, ref)
            )
        except NotFound:
            return None
        if facts["Config"]["Labels"].get(containers.BOOT) != self._boot_id:
            self._disturbed.add(ref)
        return facts

    async def find(self, ref: AttemptRef) -> dict[str, Any] | None:
        """Return the container's `State`, None when there is no container.

        Raises:
            RuntimeFailedError: The engine does not work.
        """
        facts = await self._inspect(ref)
        return None if facts is None else facts["State"]

    async def find_surely(self, ref: AttemptRef) -> dict[str, Any] | None:
        """Return the container's state, however long the engine takes to answer again."""
        while True:
            try:
                return await self.find(ref)
            except RuntimeFailedError as error:
                if ref not in self._disturbed:
                    log.warning("engine away", attempt=ref.attempt_id, detail=error.detail)
                self._disturbed.add(ref)
                await asyncio.sleep(_RETRY_SECONDS)

    async def end_of(self, ref: AttemptRef, state: dict[str, Any], *, is_stopped: bool) -> Exit:
        """Say how the command ended; a SIGTERM that nobody ordered is the engine's own end."""
        end = exit_of(state, is_undisturbed=ref not in self._disturbed)
        if end.signal in _NEVER_ITS_OWN and not end.is_oom and not is_stopped:
            # If the engine is why the command was killed, it will be gone by then.
            await asyncio.sleep(_NEWS_SECONDS)
            state = await self.find_surely(ref) or state
            if end.signal == signal.SIGKILL:
                state = await self._hear_of_memory(ref, state)
            is_by_engine = end.signal == signal.SIGTERM or ref in self._disturbed
            end = exit_of(state, is_undisturbed=not is_by_engine)
        if end.is_oom:
            facts = await self._inspect(ref)
            if facts is not None:
                self._oom_peaks[ref] = int(facts["HostConfig"]["Memory"])
        return end

    async def _hear_of_memory(self, ref: AttemptRef, state: dict[str, Any]) -> dict[str, Any]:
        """Return the state once it says that memory was why, or once it would have said so.

        A busy engine hears of the end of a command before it hears of the memory. Of a command
        that ended while no agent was here it has heard everything.
        """
        ago = seconds_since(state["FinishedAt"], datetime.now(UTC)) or 0.0
        deadline = time.monotonic() + _MEMORY_NEWS_SECONDS - max(ago, 0.0)
        while not state["OOMKilled"] and time.monotonic() < deadline:
            await asyncio.sleep(_NEWS_SECONDS)
            state = await self.find_surely(ref) or state
        return state
