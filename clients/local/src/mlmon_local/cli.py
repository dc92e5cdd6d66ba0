"""`mlmon run-local`: a job on this machine, as an agent would run it, without a server."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mlmon.cli.catalog_plans import plan_of
from mlmon.cli.documents import read_all, read_one
from mlmon.cli.options import Output, OutputFormat, parse_params
from mlmon.cli.tables import print_document
from mlmon.cli.texts import duration, plain, size
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.logs import configure_logs
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.states import AttemptState, NetworkPolicy
from mlmon_shared.wire.validation import unknown, validate
from mlmon_worker_agent.adapters.process.commands import ProcessImage
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

if TYPE_CHECKING:
    from mlmon_shared.wire.agent_protocol import AttemptSpec, Result

_EXIT_STATUSES: Final = {AttemptState.SUCCEEDED: 0, AttemptState.CANCELLED: 3}


def run_local(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The job definition.")],
    client: Annotated[str, typer.Option("--client", "-c", help="For whom.")],
    params: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="JSON if it is, else text."),
    ] = None,
    params_file: Annotated[
        Path | None, typer.Option("--params-file", help="YAML or JSON; -p goes over it.")
    ] = None,
    clients: Annotated[
        Path | None,
        typer.Option("--clients", help="File with clients, for their labels and parameters."),
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option("--in", help="Folder with the inputs, each at its `to`.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret", metavar="NAME=@FILE", help="Else the environment's MLMON_SECRET_<NAME>."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder that gets the outputs.")] = Path("out"),
    runtime: Annotated[
        RuntimeKind,
        typer.Option("--runtime", help="auto: a container if a Docker engine answers."),
    ] = RuntimeKind.AUTO,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", help="Where a plain process starts; else the folder of the definition."
        ),
    ] = None,
    network: Annotated[
        NetworkPolicy, typer.Option("--network", help="What a container can reach.")
    ] = NetworkPolicy.NONE,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens around it.")] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Run a job here, without a server, as an agent would.

    The exit status says how it ended: 0 succeeded, 1 failed, 3 cancelled.
    With -o json the result is on stdout and the log on stderr.
    """
    # Starting a program shall not pay for what only this command needs.
    from mlmon_local.jobs import build_spec, read_definition  # noqa: PLC0415
    from mlmon_local.runs import run_spec  # noqa: PLC0415
    from mlmon_local.secrets import read_secrets  # noqa: PLC0415

    configure_logs(log_format="text", level="debug" if verbose else "error", service="run-local")
    definition = read_definition(read_one(file))
    spec = build_spec(
        definition,
        client=_find_client(client, clients),
        params=parse_params(params or [], params_file),
        inputs=inputs,
        outputs=out,
        network=network,
        secrets=read_secrets(definition, secret or [], os.environ),
    )
    image = ProcessImage(
        folder=(folder or file.parent).absolute(), path=[str(Path(sys.executable).parent)]
    )
    is_document = output.is_document
    errors = sys.stderr.buffer
    streams = {"stdout": errors if is_document else sys.stdout.buffer, "stderr": errors}
    result, ran_by = asyncio.run(run_spec(spec, kind=runtime, image=image, streams=streams))
    if is_document:
        print_document(result, output)
    _tell(spec, result, out=out, ran_by=ran_by, folder=image.folder)
    if status := _EXIT_STATUSES.get(result.state, 1):
        raise typer.Exit(status)


def _find_client(name: str, file: Path | None) -> Client:
    if file is None:
        return validate(Client, {"name": name}, at="/client")
    plan = plan_of(read_all([file]))
    plan.check()
    clients = [validate(Client, each.value, at=each.at) for each in plan.clients]
    known = {each.name: each for each in clients}
    if name not in known:
        raise InvalidRequestError(f"{file}: {unknown('client', name, list(known))}")
    return known[name]


def _tell(spec: "AttemptSpec", result: "Result", *, out: Path, ran_by: str, folder: Path) -> None:
    """Write on stderr how it ended: the line that the fleet would show, and what it left."""
    facts = [str(fact) for fact in (result.cause,) if fact is not None]
    if result.exit_code:
        facts.append(f"exit code {result.exit_code}")
    line = f"{result.state} ({', '.join(facts)})" if facts else str(result.state)
    line += f" in {duration(result.phases.get('run', 0.0))}"
    lines = [f"{line}: {result.reason}" if result.reason else line]
    lines += [f"  metric {name} = {value:g}" for name, value in sorted(result.metrics.items())]
    lines += [
        f"  output {out / artifact.path} ({size(artifact.size)})" for artifact in result.artifacts
    ]
    if ran_by == RuntimeKind.PROCESS.value:
        lines.append(f"  ran as a plain process in {folder}, not in a container of {spec.image}")
    for each in lines:
        sys.stderr.write(plain(each) + "\n")
