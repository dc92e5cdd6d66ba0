"""Notice that the shard was lost, wholly or in part, and rebuild it from history."""

from collections.abc import Callable
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.recovery_ports import RecoveryHistory, RecoveryStore
from mlmon_scheduler.application.restore_runs import RunRestorer
from mlmon_scheduler.application.restore_schedules import ScheduleRestorer
from mlmon_scheduler.domain.patience import young_lost_after
from mlmon_scheduler.domain.recovery import EpochState, Phase, find_newer
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.history import EpochRequest

_VERIFY_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Memory(Protocol):
    """What this replica has seen of the store.

    Attributes:
        is_behind: The store is older than that.
        epoch: The newest epoch seen, 0 for none.
    """

    is_behind: bool

    @property
    def epoch(self) -> int:
        """The newest epoch seen."""

    def is_older(self, epoch: int, newest: str) -> bool:
        """Tell whether a store whose newest event is this one lacks what was seen before."""


class ShardRecovery:
    """Keeps the shard in an epoch that goes on from history; one step a call.

    Args:
        store: The shard.
        history: Hands out epochs, and has what was lost.
        restorer: Brings runs back.
        schedules: Bring back how far they were.
        configuration: For the pools' patience.
        memory: Of this replica.
        clock: For when to ask history again.
        shard: Its name.
        new_id: Of instances.
        on_restored: Called with the number of runs brought back.

    Attributes:
        state: What the last step found.
    """

    def __init__(
        self,
        *,
        store: RecoveryStore,
        history: RecoveryHistory,
        restorer: RunRestorer,
        schedules: ScheduleRestorer,
        configuration: Configuration,
        memory: Memory,
        clock: Clock,
        shard: str,
        new_id: Callable[[], str],
        on_restored: Callable[[int], None],
    ) -> None:
        self._store = store
        self._history = history
        self._restorer = restorer
        self._schedules = schedules
        self._configuration = configuration
        self._memory = memory
        self._clock = clock
        self._shard = shard
        self._new_id = new_id
        self._on_restored = on_restored
        self._instance = ""
        self._epoch = 0
        self._verified_at: float | None = None
        self._was_replaced = False
        self.state: EpochState | None = None

    async def step(self) -> bool:
        """Do what is to be done next; True while there is more at once.

        Raises:
            MlmonError: The store does not answer; or history, and the shard needs it.
        """
        state = self.state = await self._store.find_state()
        if state is None:
            await self._begin(None, "the store is empty")
            return True
        if state.epoch != self._epoch:
            self._epoch = state.epoch
            self._configuration.forget_kept()
        if not await self._is_in_force():
            return False
        if (why := await self._why_older(state)) is not None:
            await self._begin(state.epoch, why)
            return True
        if state.is_closed:
            return await self._restore(state)
        if state.phase is Phase.SYNCING:
            await self._end_if_all_spoke(state)
        return False

    async def _begin(self, replaced: int | None, why: str) -> None:
        """Begin an epoch that no other had, or leave it to a replica that was quicker."""
        # Kept until it is begun: a repeated request gets the same epoch.
        self._instance = self._instance or self._new_id()
        known = max(self._memory.epoch, self._epoch, replaced or 0)
        granted = await self._history.begin_epoch(
            EpochRequest(shard=self._shard, instance=self._instance, epoch=known)
        )
        streams = (await self._history.get_shard(self._shard)).streams
        is_first = all(stream.epoch == granted.epoch for stream in streams)
        phase = Phase.RESTORING if replaced is None else Phase.CLEARING
        in_force = await self._store.replace_epoch(
            granted.epoch,
            self._instance,
            replaced=replaced,
            phase=None if is_first else phase,
        )
        self._instance = ""
        if in_force != granted.epoch:
            return
        if is_first:
            log.info("epoch begun", epoch=granted.epoch)
        else:
            log.error("the queue was lost: it is recovered", reason=why, epoch=granted.epoch)

    async def _why_older(self, state: EpochState) -> str | None:
        # Looked at once more, because what is older will be deleted.
        if self._memory.is_behind and self._memory.is_older(
            state.epoch, await self._store.find_newest_event()
        ):
            return "the store is older than this replica has seen it"
        if state.phase is not None:
            return None
        now = self._clock.monotonic()
        if self._verified_at is not None and now - self._verified_at < _VERIFY_SECONDS:
            return None
        self._verified_at = now
        try:
            shard = await self._history.get_shard(self._shard)
        except MlmonError:
            # Without report-writer the queue goes on; it is verified when that is back.
            return None
        return find_newer(state.epoch, shard.streams)

    async def _restore(self, state: EpochState) -> bool:
        if not await self._store.claim() or not await self._store.is_history_complete():
            return False
        if state.phase is Phase.CLEARING:
            log.warning("older state deleted", keys=await self._store.clear())
            await self._store.advance(Phase.CLEARING, Phase.RESTORING)
            return True
        restored = await self._restorer.restore()
        await self._schedules.restore()
        self._on_restored(restored)
        wait = young_lost_after(self._configuration.catalog.pools.values())
        # Without a run there is none that could run twice.
        following = Phase.SYNCING if restored else None
        if await self._store.advance(Phase.RESTORING, following, seconds=wait):
            log.warning("agents are awaited before anything is granted", longest_seconds=wait)
        return True

    async def _end_if_all_spoke(self, state: EpochState) -> None:
        if await self._store.now_ms() < state.phase_until_ms:
            return
        wait = young_lost_after(self._configuration.catalog.pools.values())
        if await self._store.count_unsynced(within_seconds=wait):
            return
        if await self._store.advance(Phase.SYNCING, None):
            log.warning("the queue is recovered", epoch=state.epoch)

    async def _is_in_force(self) -> bool:
        is_in_force = await self._store.use_bundle()
        if self._was_replaced == is_in_force:
            self._was_replaced = not is_in_force
            if is_in_force:
                log.warning("the scripts of this replica are in force again")
            else:
                log.error("a newer version of the scheduler has taken over; stop this replica")
        return is_in_force
