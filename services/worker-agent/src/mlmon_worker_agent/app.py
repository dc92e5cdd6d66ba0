"""Put the agent together and run it."""

import asyncio
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.loops import LoopRunner, Ticking
from mlmon_shared.wire.registrations import Registration
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.hosts import LocalHost, measure_capacity
from mlmon_worker_agent.adapters.input_sources import open_input_sources
from mlmon_worker_agent.adapters.instance_identities import InstanceIdentities
from mlmon_worker_agent.adapters.instance_metadata import InstanceMetadata
from mlmon_worker_agent.adapters.nvml import NvmlDriver
from mlmon_worker_agent.adapters.release_folders import open_releases
from mlmon_worker_agent.adapters.runtimes import open_runtime
from mlmon_worker_agent.adapters.schedulers import HttpScheduler
from mlmon_worker_agent.adapters.sqlite_journal import SqliteJournal
from mlmon_worker_agent.adapters.state_folders import StateFolder
from mlmon_worker_agent.adapters.status_pages import serve_status
from mlmon_worker_agent.application.agent_status import StatusBoard
from mlmon_worker_agent.application.deliver_results import ResultDelivery
from mlmon_worker_agent.application.fetch_inputs import InputSources
from mlmon_worker_agent.application.find_gpus import find_gpus
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import GpuDriver
from mlmon_worker_agent.application.keep_host import HostKeeper
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.application.run_attempt import AttemptRunner
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.shut_down import Farewell, Shutdown
from mlmon_worker_agent.application.supervise_attempts import AttemptSupervisor
from mlmon_worker_agent.application.transfer_files import TransferStarter
from mlmon_worker_agent.application.update_agent import AgentUpdater
from mlmon_worker_agent.application.watch_gpus import GpuWatch
from mlmon_worker_agent.application.watch_notices import NoticeWatch
from mlmon_worker_agent.loops.beat import BeatLoop
from mlmon_worker_agent.loops.contact import ContactLoop
from mlmon_worker_agent.loops.gpus import GpuLoop
from mlmon_worker_agent.loops.host import HostLoop
from mlmon_worker_agent.loops.notices import NoticeLoop
from mlmon_worker_agent.loops.poll import PollLoop
from mlmon_worker_agent.loops.releases import ReleaseLoop
from mlmon_worker_agent.loops.results import ResultLoop
from mlmon_worker_agent.settings import AgentSettings, InstanceCredential

_STDIN: Final = 0
_PACKAGE: Final = "mlmon-worker-agent"


async def run_agent(settings: AgentSettings) -> None:
    """Run an agent until it is told to stop.

    Raises:
        ConfigurationError: It cannot start with these settings.
    """
    credential = settings.read_credential()
    shutdown = Shutdown()
    boot_id = read_boot_id()
    with (
        _stop_requests(shutdown, with_parent=settings.stop_with_parent),
        StateFolder(settings.state_folder.absolute(), settings.scratch.absolute()) as folder,
        SqliteJournal(folder.journal, boot_id=boot_id) as journal,
    ):
        runtime = open_runtime(
            settings.runtime,
            settings.scratch.absolute(),
            api_url=settings.api_url or settings.server_url,
            boot_id=boot_id,
            process_images=settings.process_images,
            docker_url=settings.docker_url,
            secrets_folder=settings.secrets_folder,
            pids_limit=settings.pids_limit,
            pull_timeout_seconds=settings.pull_timeout_seconds,
            logins_file=settings.registry_logins_file,
        )
        async with NvmlDriver() as gpu_driver:
            gpus = await find_gpus(gpu_driver, most=settings.gpus)
            capacity = settings.capacity(measure_capacity(settings.scratch), gpus=len(gpus))
            registration = Registration(
                host=settings.host,
                boot_id=boot_id,
                capacity=capacity,
                labels=settings.labels,
                runtime=runtime.name,
                agent_version=version(_PACKAGE),
            )
            async with (
                _open_scheduler(settings, credential, registration, folder) as scheduler,
                open_input_sources(
                    folder.inputs,
                    cache_limit=settings.input_cache,
                    may_link=runtime.guards_inputs,
                    limit=settings.input_limit,
                    timeout_seconds=settings.input_timeout_seconds,
                    networks=settings.input_networks,
                ) as sources,
            ):
                await _serve(
                    settings,
                    shutdown=shutdown,
                    folder=folder,
                    journal=journal,
                    scheduler=scheduler,
                    held=HeldAttempts(capacity, gpus),
                    runtime=runtime,
                    gpu_driver=gpu_driver,
                    sources=sources,
                )


def _open_scheduler(
    settings: AgentSettings,
    credential: str | InstanceCredential,
    registration: Registration,
    folder: StateFolder,
) -> HttpScheduler:
    if isinstance(credential, str):
        return HttpScheduler(settings.server_url, credential, registration)
    identities = InstanceIdentities(
        credential.metadata_url, pool=credential.pool, nonce=folder.read_nonce()
    )
    return HttpScheduler(settings.server_url, identities, registration)


async def _serve(
    settings: AgentSettings,
    *,
    shutdown: Shutdown,
    folder: StateFolder,
    journal: SqliteJournal,
    scheduler: HttpScheduler,
    held: HeldAttempts,
    runtime: ContainerRuntime,
    gpu_driver: GpuDriver,
    sources: InputSources,
) -> None:
    host = LocalHost(settings.scratch.absolute(), runtime.storage)
    delivery = ResultDelivery(journal, held)
    session = Session(
        scheduler=scheduler, journal=journal, host=host, held=held, delivery=delivery, ids=folder
    )
    gpu_watch = GpuWatch(gpu_driver, held)
    runner = AttemptRunner(
        runtime=runtime,
        journal=journal,
        scheduler=scheduler,
        session=session,
        held=held,
        delivery=delivery,
        host=host,
        disk_check_seconds=settings.disk_check_seconds,
        transfers=TransferStarter(
            session, scheduler, sources, patience_seconds=settings.transfer_patience_seconds
        ),
        gpus=gpu_watch,
    )
    supervisor = AttemptSupervisor(
        runner=runner, runtime=runtime, journal=journal, held=held, host=host
    )
    releases = open_releases(settings.package, settings.releases_folder)
    updater = AgentUpdater(
        releases,
        held,
        leave=_leave_at_once,
        monotonic=host.monotonic,
        spread_seconds=settings.update_spread_seconds,
    )
    board = StatusBoard(
        host=settings.host,
        version=version(_PACKAGE),
        held=held,
        updater=updater,
        clock=lambda: datetime.now(UTC),
    )
    beat = LoopRunner(
        board.watch(
            BeatLoop(
                session=session,
                scheduler=scheduler,
                held=held,
                delivery=delivery,
                host=host,
                updater=updater,
            )
        )
    )
    results = LoopRunner(
        board.watch(ResultLoop(session=session, scheduler=scheduler, delivery=delivery))
    )
    others: list[Ticking] = [
        PollLoop(
            session=session,
            scheduler=scheduler,
            held=held,
            supervisor=supervisor,
            host=host,
            images=runtime.images,
        ),
        ContactLoop(session=session, supervisor=supervisor),
        ReleaseLoop(updater),
        HostLoop(HostKeeper(runtime=runtime, held=held, host=host, limits=settings.disk_limits)),
    ]
    held.call_on_change(beat.wake)
    delivery.call_on_result(results.wake)
    farewell = Farewell(
        shutdown=shutdown,
        scheduler=scheduler,
        session=session,
        held=held,
        supervisor=supervisor,
        delivery=delivery,
        grace_seconds=settings.stop_grace_seconds,
    )
    async with AsyncExitStack() as opened:
        opened.enter_context(serve_status(settings.status_port, board.describe))
        if settings.metadata_url is not None:
            metadata = await opened.enter_async_context(InstanceMetadata(settings.metadata_url))
            watch = NoticeWatch(
                metadata, held=held, supervisor=supervisor, clock=lambda: datetime.now(UTC)
            )
            others.append(NoticeLoop(watch))
        await session.restore_contact()
        await supervisor.recover()
        if held.has_gpus:
            others.append(GpuLoop(gpu_watch))
        await _tick_until_drained(
            [beat, results, *(LoopRunner(board.watch(loop)) for loop in others)],
            shutdown,
            farewell,
        )


def _leave_at_once() -> None:
    """End as if killed: what runs goes on, and the agent that is started next adopts it."""
    os.kill(os.getpid(), signal.SIGKILL)


async def _tick_until_drained(
    runners: list[LoopRunner], shutdown: Shutdown, farewell: Farewell
) -> None:
    async with asyncio.TaskGroup() as group:
        loops = [group.create_task(runner.run()) for runner in runners]
        await shutdown.wait_for_drain()
        await farewell.drain()
        await farewell.leave()
        for loop in loops:
            loop.cancel()


@contextmanager
def _stop_requests(shutdown: Shutdown, *, with_parent: bool) -> Iterator[None]:
    """Turn signals, and the end of standard input if asked for, into requests."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, shutdown.request)
    if with_parent:
        _watch_parent(loop, shutdown)
    try:
        yield
    finally:
        if with_parent:
            loop.remove_reader(_STDIN)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _watch_parent(loop: asyncio.AbstractEventLoop, shutdown: Shutdown) -> None:
    mode = os.fstat(_STDIN).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        raise ConfigurationError(
            "MLMON_AGENT_STOP_WITH_PARENT needs a pipe from the parent as standard input"
        )

    def read() -> None:
        if not os.read(_STDIN, 4096):
            loop.remove_reader(_STDIN)
            shutdown.request_stop()

    loop.add_reader(_STDIN, read)
