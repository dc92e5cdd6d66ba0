"""`mlmon up` and `mlmon demo`: commands that `mlmon` finds by their entry points."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mlmon.cli.sessions import call
from mlmon_shared.logs import configure_logs
from mlmon_standalone.data_folders import default_data_folder
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

DEFAULT_PORT: Final = 8080
_INTERRUPTED: Final = 130

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder that keeps everything.", show_default=False)
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Loopback port; 0: a free one.")]
ProcessesOption = Annotated[
    bool, typer.Option("--processes", help="Run each service as a process of its own.")
]
RuntimeOption = Annotated[
    RuntimeKind,
    typer.Option(help="What runs attempts; auto: containers if a Docker engine answers."),
]
DockerOption = Annotated[
    bool, typer.Option("--docker", help="Build an image and run every attempt in a container.")
]
AttachOption = Annotated[
    bool,
    typer.Option(
        "--attach", help="Use the server that --server or MLMON_URL names, and its agents."
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Log everything that happens.")]


def up(
    data: DataOption = None,
    port: PortOption = DEFAULT_PORT,
    processes: ProcessesOption = False,
    runtime: RuntimeOption = RuntimeKind.AUTO,
    verbose: VerboseOption = False,
) -> None:
    """Run MLMon on this machine: services, Valkey, PostgreSQL and agents, until Ctrl-C."""
    from mlmon_standalone.up import run_up  # noqa: PLC0415 - services take a second to import

    configure_logs(log_format="text", level="debug" if verbose else "warning", service="mlmon")
    folder = data or default_data_folder("standalone")
    raise typer.Exit(_run(run_up(folder, port=port, is_apart=processes, runtime=runtime)))


def demo(  # noqa: PLR0917 - typer passes them by name
    context: typer.Context,
    data: DataOption = None,
    port: PortOption = 0,
    processes: ProcessesOption = False,
    docker: DockerOption = False,
    attach: AttachOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Train, score and compare 16 airlines' flight delays, on a server of its own or on yours."""
    from mlmon_standalone.demo import attach_demo, run_demo  # noqa: PLC0415 - as above

    configure_logs(log_format="text", level="debug" if verbose else "warning", service="mlmon")
    folder = data or default_data_folder("demo")
    if attach:
        folder.mkdir(parents=True, exist_ok=True)
        raise typer.Exit(call(context, lambda api: attach_demo(api, folder, in_containers=docker)))
    raise typer.Exit(_run(run_demo(folder, port=port, is_apart=processes, in_containers=docker)))


def _run(main: Coroutine[Any, Any, int]) -> int:
    return asyncio.run(_until_signalled(main))


async def _until_signalled(main: Coroutine[Any, Any, int]) -> int:
    """Return the exit status; a first signal stops in order, and further ones change nothing."""
    task = asyncio.create_task(main)
    loop = asyncio.get_running_loop()
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return _INTERRUPTED
