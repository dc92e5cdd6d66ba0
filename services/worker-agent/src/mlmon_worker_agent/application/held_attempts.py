"""The attempts that this agent holds, and what is free beside them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from mlmon_shared.wire.agent_protocol import Grant, Held, Vector
from mlmon_shared.wire.runs import DETAIL_LIMIT, Usage
from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.domain.attempts import AttemptRef, StopOrder
from mlmon_worker_agent.domain.gpus import Gpu, GpuMeter, choose_gpus
from mlmon_worker_agent.domain.watermarks import KnownHistory


class HeldAttempt:
    """One attempt from its grant until its result was answered and its container removed.

    Attributes:
        phase: As beats show it.
        detail: What it does within its phase, for people.
        image: What it runs; empty until that is known.
        gpus: UUIDs of the devices that are its own until it is cleaned up.
        is_cleaned: Whether its resources are free again.
        is_answered: Whether the scheduler needs to hear no more of it.
        stop_order: The order to end it, once there is one.
    """

    def __init__(self, grant: Grant, *, on_change: Callable[[], None] = lambda: None) -> None:
        self.ref = AttemptRef(grant.run_id, grant.attempt, grant.fence)
        self.grant = grant
        self.phase = AttemptState.GRANTED
        self.detail = ""
        self.image = ""
        self.gpus: tuple[str, ...] = ()
        self.progress: float | None = None
        self.metrics: dict[str, float] = {}
        self.usage = Usage()
        self.peak_disk: int | None = None
        self.gpu_meter = GpuMeter()
        self.log_ends: dict[str, int] = {}
        self.is_cleaned = False
        self.is_answered = False
        self.stop_order: StopOrder | None = None
        self._stopped = asyncio.Event()
        self._on_change = on_change

    def enter(self, phase: AttemptState) -> None:
        """Begin a phase; a beat reports it at once."""
        self.phase = phase
        self.detail = ""
        self._on_change()

    def note_detail(self, text: str) -> None:
        """Let the next beat say what the attempt does; callable from any thread."""
        self.detail = text[:DETAIL_LIMIT]

    def order_stop(self, order: StopOrder) -> None:
        """End the attempt, unless an order that outranks this one was given before."""
        if order.outranks(self.stop_order):
            self.stop_order = order
            self._stopped.set()

    def patience_seconds(self, history: KnownHistory) -> float:
        """Return for how long it may go on without contact."""
        grant = self.grant
        if not history.is_young(grant.granted_at):
            return grant.stop_after_seconds
        return min(grant.young_stop_after_seconds, grant.stop_after_seconds)

    async def wait_for_stop(self, *, beyond: StopOrder | None = None) -> StopOrder:
        """Wait until there is an order to end the attempt, other than the one known."""
        while self.stop_order is None or self.stop_order is beyond:
            self._stopped.clear()
            await self._stopped.wait()
        return self.stop_order

    @property
    def usage_in_all(self) -> Usage:
        """What it used, also of disk and GPUs, and wrote: by that its silence is judged."""
        return self.usage.model_copy(
            update={
                "peak_disk": self.peak_disk,
                "log_bytes": sum(self.log_ends.values()),
                **self.gpu_meter.facts(),
            }
        )

    def as_held(self) -> Held:
        """Return what a beat says about it."""
        return Held(
            run_id=self.ref.run_id,
            attempt=self.ref.number,
            fence=self.ref.fence,
            phase=self.phase,
            granted_at=self.grant.granted_at,
            detail=self.detail,
            image=self.image,
            progress=self.progress,
            metrics=self.metrics,
            usage=self.usage_in_all,
        )


class HeldAttempts:
    """All attempts of this agent.

    Args:
        capacity: What they may use in all; how many GPUs, `gpus` says.
        gpus: The devices that they may be given.

    Attributes:
        gpu_faults: Why devices are in quarantine, by their UUID: they are not given out.
        is_draining: No new attempts are taken.
        drain_reason: Why, if a notice about the host says so.
        refusal: Why no new attempts are taken for now, one sentence or two; empty if they are.
    """

    def __init__(self, capacity: Vector, gpus: Sequence[Gpu] = ()) -> None:
        self.capacity = capacity
        self.gpus = tuple(gpus)
        self.gpu_faults: dict[str, str] = {}
        self.is_draining = False
        self.drain_reason = ""
        self.refusal = ""
        self._attempts: dict[AttemptRef, HeldAttempt] = {}
        self._on_change: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[HeldAttempt]:
        """Iterate over a copy."""
        return iter(list(self._attempts.values()))

    def __len__(self) -> int:
        """Return how many attempts are held."""
        return len(self._attempts)

    def call_on_change(self, callback: Callable[[], None]) -> None:
        """Call this whenever a phase begins or resources become free."""
        self._on_change.append(callback)

    def changed(self) -> None:
        """Tell everybody who asked that something changed."""
        for callback in self._on_change:
            callback()

    def add(self, grant: Grant, *, gpus: Sequence[str] | None = None) -> HeldAttempt:
        """Hold what a grant gives.

        Args:
            grant: Of the attempt.
            gpus: The devices that it has already; they are chosen when left out.
        """
        held = HeldAttempt(grant, on_change=self.changed)
        if gpus is not None:
            held.gpus = tuple(gpus)
        else:
            self.pin_gpus(held)
        self._attempts[held.ref] = held
        self.changed()
        return held

    @property
    def has_gpus(self) -> bool:
        """Whether there is a device to watch."""
        return bool(self.gpus) or any(held.gpus for held in self)

    def pin_gpus(self, held: HeldAttempt) -> bool:
        """Choose an attempt's devices, if it has none yet; tell whether it has what it needs."""
        wanted = held.grant.resources.gpus
        if len(held.gpus) < wanted:
            chosen = choose_gpus(self.gpus, self._unavailable_gpus(), wanted)
            if len(chosen) < wanted:
                return False
            held.gpus = tuple(gpu.uuid for gpu in chosen)
        return True

    def quarantine_gpu(self, uuid: str, reason: str) -> bool:
        """Give a device to no further attempt; tell whether that is new."""
        if uuid in self.gpu_faults:
            return False
        self.gpu_faults[uuid] = reason
        self.changed()
        return True

    def refuse(self, reason: str) -> None:
        """Take no new attempts for this reason; for none, take them again."""
        if reason != self.refusal:
            self.refusal = reason
            self.changed()

    def list_ids(self) -> set[str]:
        """Return the ids of all attempts that are held."""
        return {held.ref.attempt_id for held in self}

    def find(self, ref: AttemptRef) -> HeldAttempt | None:
        """Return the attempt with this fence."""
        return self._attempts.get(ref)

    def settle(self, held: HeldAttempt, *, cleaned: bool = False, answered: bool = False) -> None:
        """Note that it is cleaned up or answered for; it is let go of once both are true."""
        held.is_cleaned = held.is_cleaned or cleaned
        held.is_answered = held.is_answered or answered
        if held.is_cleaned and held.is_answered:
            self._attempts.pop(held.ref, None)
        self.changed()

    def list_reported(self) -> list[Held]:
        """Return what beats say: all that is not answered for."""
        return [held.as_held() for held in self if not held.is_answered]

    def list_working(self) -> list[HeldAttempt]:
        """Return the attempts that still use something of the host."""
        return [held for held in self if not held.is_cleaned]

    def free(self) -> Vector:
        """Return what no attempt uses, never below nothing; a GPU in quarantine is not free."""
        left = self.capacity
        for held in self.list_working():
            left = left.minus(held.grant.resources)
        return Vector(
            cpu_milli=max(left.cpu_milli, 0),
            memory=max(left.memory, 0),
            gpus=len(choose_gpus(self.gpus, self._unavailable_gpus(), len(self.gpus))),
            disk=max(left.disk, 0),
        )

    def _unavailable_gpus(self) -> set[str]:
        used = {uuid for held in self.list_working() for uuid in held.gpus}
        return used | self.gpu_faults.keys()

    @property
    def is_full(self) -> bool:
        """Whether no attempt at all would fit."""
        free = self.free()
        return free.cpu_milli == 0 or free.memory == 0
