"""The GPUs of the host, asked through NVIDIA's management library (NVML).

Its calls can hang for ever with a device, in the kernel, where nothing ends them: each is made in
a thread of its own, and one that does not answer is not made again before it did.
"""

import asyncio
import ctypes
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import structlog

from mlmon_worker_agent.adapters.threads import call_in_thread
from mlmon_worker_agent.domain.errors import GpuDriverError
from mlmon_worker_agent.domain.gpus import Gpu, GpuLoad, explain_xid, is_device_fault

log = structlog.get_logger(__name__)

T = TypeVar("T")
_LIBRARY: Final = "libnvidia-ml.so.1"
_START_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 10.0
_EVENTS: Final = "events"
_EVENT_MILLISECONDS: Final = 1


@dataclass
class _Call:
    """A call under way: since when, on the loop's clock, and what it will answer."""

    begun: float
    task: asyncio.Task[str | None]


class NvmlDriver:
    """Implements `GpuDriver`; a context manager, which lets go of the library.

    Args:
        patience_seconds: After which a device that does not answer hangs.
    """

    def __init__(self, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._nvml: Any = None
        self._events: Any = None
        self._uuids: dict[int, str] = {}
        self._xids: dict[str, str] = {}
        self._loads: dict[str, GpuLoad] = {}
        self._calls: dict[str, _Call] = {}

    async def __aenter__(self) -> Self:
        """Return the driver itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the library, unless it hangs: then the end of the process does."""
        if self._nvml is not None:
            nvml, self._nvml = self._nvml, None
            await _within(call_in_thread(partial(self._close, nvml)), self._patience_seconds)

    async def list_gpus(self) -> Sequence[Gpu]:
        """Return every device that can be given whole; none where there is no driver.

        A device that does not work, or that is split (MIG), is left out; the log says so.

        Raises:
            GpuDriverError: There is a driver, and it does not work.
        """
        if not _is_installed():
            return []
        opened: list[Gpu] | None = await _within(call_in_thread(self._open), _START_SECONDS)
        if opened is None:
            raise GpuDriverError(f"NVML did not answer within {_START_SECONDS:g} s")
        return opened

    async def find_faults(self, uuids: Collection[str]) -> Mapping[str, str]:
        """Return what is wrong, by UUID, with those of these devices that are not well."""
        if not uuids:
            return {}
        if self._nvml is None:
            try:
                await self.list_gpus()
            except GpuDriverError as error:
                return dict.fromkeys(uuids, error.detail)
        if self._nvml is None:
            return dict.fromkeys(uuids, f"the driver is gone: there is no {_LIBRARY}")
        asked = {uuid: self._ask(uuid, partial(self._examine, uuid)) for uuid in uuids}
        _, *answers = await asyncio.gather(self._ask(_EVENTS, self._read_events), *asked.values())
        found = {uuid: answer for uuid, answer in zip(asked, answers, strict=True) if answer}
        # An Xid says more than what follows from it.
        return found | {uuid: self._xids[uuid] for uuid in uuids if uuid in self._xids}

    def find_loads(self, uuids: Collection[str]) -> Sequence[GpuLoad]:
        """Return what these devices did when their faults were last asked for."""
        return [self._loads[uuid] for uuid in uuids if uuid in self._loads]

    async def _ask(self, key: str, function: Callable[[], str | None]) -> str | None:
        """Return what a call says is wrong, which may be that it does not end."""
        clock = asyncio.get_running_loop().time
        call = self._calls.get(key)
        if call is None or call.task.done():
            task = asyncio.create_task(call_in_thread(function))
            call = self._calls[key] = _Call(clock(), task)
        left = call.begun + self._patience_seconds - clock()
        await asyncio.wait({call.task}, timeout=max(left, 0.0))
        if call.task.done():
            return call.task.result()
        return f"it did not answer within {self._patience_seconds:g} s"

    def _open(self) -> list[Gpu]:
        # Hosts without GPUs are spared the 18 MiB that it takes.
        import pynvml  # noqa: PLC0415

        try:
            pynvml.nvmlInit()
            driver = pynvml.nvmlSystemGetDriverVersion()
            events = pynvml.nvmlEventSetCreate()
            count = pynvml.nvmlDeviceGetCount()
        except pynvml.NVMLError as error:
            raise GpuDriverError(f"NVML answered: {error}") from error
        self._nvml, self._events = pynvml, events
        found = []
        for index in range(count):
            try:
                gpu = self._describe(index, driver)
            except pynvml.NVMLError as error:
                log.error("GPU left out", index=index, detail=str(error))  # noqa: TRY400 - no bug
            else:
                if gpu is not None:
                    found.append(gpu)
        return found

    def _describe(self, index: int, driver: str) -> Gpu | None:
        nvml = self._nvml
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        uuid: str = nvml.nvmlDeviceGetUUID(handle)
        if (self._if_known(nvml.nvmlDeviceGetMigMode, handle) or [0])[0]:
            log.warning("GPU left out: it is split (MIG)", index=index, uuid=uuid)
            return None
        self._uuids[_address(handle)] = uuid
        xids: int = nvml.nvmlEventTypeXidCriticalError
        if (self._if_known(nvml.nvmlDeviceGetSupportedEventTypes, handle) or 0) & xids:
            nvml.nvmlDeviceRegisterEvents(handle, xids, self._events)
        else:
            log.warning("Xids of a GPU cannot be watched", index=index, uuid=uuid)
        model: str = nvml.nvmlDeviceGetName(handle)
        memory = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
        return Gpu(index, uuid, model, memory, driver)

    def _examine(self, uuid: str) -> str | None:
        """Return what is wrong with a device."""
        nvml = self._nvml
        self._loads.pop(uuid, None)
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            if (rates := self._if_known(nvml.nvmlDeviceGetUtilizationRates, handle)) is not None:
                self._loads[uuid] = GpuLoad(rates.gpu / 100, int(memory.used))
            errors = self._if_known(
                nvml.nvmlDeviceGetTotalEccErrors,
                handle,
                nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
                nvml.NVML_VOLATILE_ECC,
            )
            rows = self._if_known(nvml.nvmlDeviceGetRemappedRows, handle)
        except nvml.NVMLError_GpuIsLost:
            return "it is lost: the driver cannot reach it"
        except nvml.NVMLError as error:
            return f"NVML answered: {error}"
        if errors:
            return f"{errors} errors of its memory since its last reset could not be corrected"
        if rows and rows[3]:
            return "broken rows of its memory could not be replaced"
        return None

    def _read_events(self) -> None:
        """Take what the driver reported since the last call."""
        nvml = self._nvml
        while True:
            try:
                event = nvml.nvmlEventSetWait_v2(self._events, _EVENT_MILLISECONDS)
            except nvml.NVMLError_Timeout:
                return
            except nvml.NVMLError as error:
                # What is wrong with which device, asking it tells.
                log.debug("no events of GPUs", detail=str(error))
                return
            uuid, xid = self._uuids.get(_address(event.device)), int(event.eventData)
            if uuid is None or not is_device_fault(xid):
                log.warning("Xid that is no fault of the device", uuid=uuid, xid=xid)
            else:
                self._xids.setdefault(uuid, explain_xid(xid))

    def _if_known(self, ask: Callable[..., T], *args: object) -> T | None:
        """Return what the library answers; None where device or driver knows no such thing."""
        try:
            return ask(*args)
        except (self._nvml.NVMLError_NotSupported, self._nvml.NVMLError_FunctionNotFound):
            return None

    def _close(self, nvml: Any) -> None:  # noqa: ANN401 - the module has no types
        try:
            nvml.nvmlEventSetFree(self._events)
            nvml.nvmlShutdown()
        except nvml.NVMLError as error:
            log.debug("NVML not shut down", detail=str(error))


async def _within(work: Awaitable[T], seconds: float) -> T | None:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        return None


def _is_installed() -> bool:
    """Tell whether there is a driver.

    Raises:
        GpuDriverError: There are devices, but no library.
    """
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError as error:
        if any(path.name[6:].isdecimal() for path in Path("/dev").glob("nvidia[0-9]*")):
            raise GpuDriverError(f"/dev has NVIDIA's devices, but: {error}") from error
        return False
    return True


def _address(handle: Any) -> int:  # noqa: ANN401 - as above
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
