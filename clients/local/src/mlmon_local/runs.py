"""One attempt on this machine, run by the same code as on an agent's host."""

import asyncio
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from mlmon_local.schedulers import FOR_EVER_SECONDS, KILL_GRACE_SECONDS, LocalScheduler
from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.agent_protocol import AttemptSpec, Grant, Result, Vector
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.hosts import LocalHost, measure_capacity
from mlmon_worker_agent.adapters.input_sources import open_input_sources
from mlmon_worker_agent.adapters.nvml import NvmlDriver
from mlmon_worker_agent.adapters.process.commands import ProcessImage
from mlmon_worker_agent.adapters.runtimes import RuntimeKind, open_runtime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER
from mlmon_worker_agent.adapters.sqlite_journal import SqliteJournal
from mlmon_worker_agent.adapters.state_folders import StateFolder
from mlmon_worker_agent.application.deliver_results import ResultDelivery
from mlmon_worker_agent.application.fetch_inputs import InputSources
from mlmon_worker_agent.application.find_gpus import find_gpus
from mlmon_worker_agent.application.held_attempts import HeldAttempt, HeldAttempts
from mlmon_worker_agent.application.host_ports import GpuDriver
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.application.run_attempt import AttemptRunner
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.transfer_files import TransferStarter
from mlmon_worker_agent.application.watch_gpus import GpuWatch
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder

_PIDS_LIMIT: Final = 4096
_PULL_SECONDS: Final = 600.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class NoResultError(MlmonError):
    """The attempt was killed, or the machine failed, so that nothing can be told about it."""

    code = "no-result"
    status = 500


async def run_spec(
    spec: AttemptSpec,
    *,
    kind: RuntimeKind,
    image: ProcessImage,
    streams: Mapping[str, BinaryIO],
) -> tuple[Result, str]:
    """Run an attempt to its end; a first interrupt cancels it, a second one kills it.

    Args:
        spec: What to run.
        kind: What runs it.
        image: What stands for the image where there are no containers.
        streams: Get the command's output.

    Returns:
        How it ended, as the scheduler would be told, and the name of what ran it.

    Raises:
        EngineUnavailableError: Containers are asked for, and no engine answers.
        NoResultError: It was killed by a second interrupt.
    """
    with tempfile.TemporaryDirectory(prefix="mlmon-local-", ignore_cleanup_errors=True) as made:
        # Its real path: an engine must see the folder where we do.
        root = await asyncio.to_thread(Path(made).resolve)
        boot_id = read_boot_id()
        scratch = root / "scratch"
        with (
            StateFolder(root / "state", scratch) as folder,
            SqliteJournal(folder.journal, boot_id=boot_id) as journal,
        ):
            runtime = open_runtime(
                kind,
                scratch,
                api_url="",
                boot_id=boot_id,
                process_images={spec.image: image},
                docker_url=None,
                secrets_folder=DEFAULT_FOLDER,
                pids_limit=_PIDS_LIMIT,
                pull_timeout_seconds=_PULL_SECONDS,
            )
            async with (
                NvmlDriver() as gpu_driver,
                # Every input is a file here, granted by its path.
                open_input_sources(
                    folder.inputs,
                    cache_limit=0,
                    may_link=False,
                    limit=0,
                    timeout_seconds=0.0,
                    networks=(),
                ) as sources,
            ):
                result = await _run(
                    spec,
                    folder=folder,
                    journal=journal,
                    runtime=runtime,
                    gpu_driver=gpu_driver,
                    sources=sources,
                    scratch=scratch,
                    to=streams,
                )
            return result, runtime.name


async def _run(
    spec: AttemptSpec,
    *,
    folder: StateFolder,
    journal: SqliteJournal,
    runtime: ContainerRuntime,
    gpu_driver: GpuDriver,
    sources: InputSources,
    scratch: Path,
    to: Mapping[str, BinaryIO],
) -> Result:
    scheduler = LocalScheduler(spec, to)
    host = LocalHost(scratch)
    # A job that asks for none is spared the search.
    gpus = await find_gpus(gpu_driver, most=None) if spec.resources.gpus else ()
    held = HeldAttempts(measure_capacity(scratch), gpus)
    delivery = ResultDelivery(journal, held)
    session = Session(
        scheduler=scheduler, journal=journal, host=host, held=held, delivery=delivery, ids=folder
    )
    runner = AttemptRunner(
        runtime=runtime,
        journal=journal,
        scheduler=scheduler,
        session=session,
        held=held,
        delivery=delivery,
        host=host,
        disk_check_seconds=10.0,
        transfers=TransferStarter(session, scheduler, sources, patience_seconds=0.0),
        gpus=GpuWatch(gpu_driver, held),
    )
    attempt = held.add(_grant(spec, gpus=len(gpus)))
    with _interrupts(attempt):
        await runner.run(attempt)
    for result in await delivery.list_all():
        return result
    raise NoResultError("the attempt was killed; nothing of it is left")


def _grant(spec: AttemptSpec, *, gpus: int) -> Grant:
    """Return the lease; a machine with fewer GPUs than are asked for gives what it has."""
    now = datetime.now(UTC)
    asked = Vector.of(spec.resources)
    return Grant(
        run_id=spec.run_id,
        attempt=spec.attempt,
        fence=spec.fence,
        resources=asked.model_copy(update={"gpus": min(asked.gpus, gpus)}),
        accept_by=now,
        granted_at=now,
        stop_after_seconds=FOR_EVER_SECONDS,
        young_stop_after_seconds=FOR_EVER_SECONDS,
        kill_grace_seconds=KILL_GRACE_SECONDS,
    )


@contextmanager
def _interrupts(attempt: HeldAttempt) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        kind = StopKind.CANCEL if attempt.stop_order is None else StopKind.KILL
        grace = KILL_GRACE_SECONDS if kind is StopKind.CANCEL else 0.0
        attempt.order_stop(StopOrder(kind, "Interrupted at the terminal.", grace))

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
