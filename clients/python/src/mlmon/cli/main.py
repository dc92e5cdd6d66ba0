"""The entry point of `mlmon`: the commands, the global options, and how errors end."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.main import get_command

from mlmon.cli import (
    artifacts,
    audit,
    backfills,
    batches,
    breakers,
    catalog,
    clients,
    explanations,
    holds,
    jobs,
    pools,
    profiles,
    runs,
    schedules,
    secrets,
    tokens,
    users,
    webhooks,
)
from mlmon.cli.apply import apply
from mlmon.cli.completions import profile_names
from mlmon.cli.doctor import doctor
from mlmon.cli.examples import add_examples
from mlmon.cli.plugins import PluginGroup
from mlmon.cli.problems import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, complain, report
from mlmon.cli.queues import queues
from mlmon.cli.reruns import rerun
from mlmon.cli.sessions import Session, session_of
from mlmon.cli.skeletons import init
from mlmon.cli.submit import submit
from mlmon.errors import MlmonError, NotFoundError

app = typer.Typer(
    cls=PluginGroup,
    name="mlmon",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        show_version()
        raise typer.Exit


@app.callback()
def set_options(
    context: typer.Context,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Else a profile or MLMON_URL, else `mlmon up`."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="Else MLMON_TOKEN, else MLMON_TOKEN_FILE."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Else MLMON_PROFILE, else the chosen one.",
            autocompletion=profile_names,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version, and end."
        ),
    ] = False,
) -> None:
    """MLMon runs machine-learning jobs for many clients on many machines."""
    session = session_of(context)
    session.server = server
    session.token_file = token_file
    session.profile = profile


def show_version() -> None:
    """Print the version of this program."""
    sys.stdout.write(f"mlmon {version_of('mlmon')}\n")


app.command("apply")(apply)
app.command("init")(init)
app.command("submit")(submit)
app.add_typer(jobs.commands, name="jobs", help="List, compare and archive job definitions.")
app.add_typer(runs.commands, name="runs", help="List, show and await runs.")
app.add_typer(batches.commands, name="batches", help="List, show and await batches.")
app.command("logs")(runs.logs)
app.command("cancel")(runs.cancel)
app.command("explain")(explanations.explain)
app.command("queues")(queues)
app.command("doctor")(doctor)
app.command("hold")(holds.hold)
app.command("release")(holds.release)
app.command("priority")(holds.priority)
app.command("rerun")(rerun)
app.add_typer(artifacts.commands, name="artifacts", help="List and download what runs published.")
app.add_typer(audit.commands, name="audit", help="Show who changed what.")
app.add_typer(catalog.agents_commands, name="agents", help="List agents, drain and release them.")
app.add_typer(backfills.commands, name="backfills", help="Run jobs for slots of the past.")
app.add_typer(
    schedules.commands, name="schedules", help="Show when jobs run by themselves, pause and resume."
)
app.add_typer(breakers.commands, name="breakers", help="Show and close breakers of jobs.")
app.add_typer(clients.commands, name="clients", help="List, create and change clients.")
app.add_typer(pools.commands, name="pools", help="List, create and change pools.")
app.add_typer(
    catalog.resources_commands, name="resources", help="List, create and change named resources."
)
app.add_typer(secrets.commands, name="secrets", help="Set, list and remove secrets.")
app.add_typer(tokens.commands, name="tokens", help="Make, list and revoke tokens.")
app.add_typer(
    webhooks.commands, name="webhooks", help="Show and change who hears how runs and batches end."
)
app.add_typer(users.commands, name="users", help="List, create, change and invite users.")
app.add_typer(profiles.commands, name="profiles", help="List servers by name, and choose one.")
app.command("version")(show_version)
add_examples(app)

_OF_RUNS: Final = frozenset(
    {"logs", "cancel", "explain", "hold", "release", "priority", "rerun", "artifacts"}
)
"""Commands that name a run of which they are not the noun."""


def main(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run one command and return its exit status; no exception of ours gets out.

    Args:
        arguments: Without the program's name; the process's own when left out.
        session: To start with, for tests.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = get_command(app).main(
            args=given,
            prog_name="mlmon",
            standalone_mode=False,
            obj=session or Session(),
        )
        sys.stdout.flush()
    except (MlmonError, typer.TyperException, typer.Abort, KeyboardInterrupt, OSError) as error:
        return _report(error, given)
    return status if isinstance(status, int) else 0


def _report(error: BaseException, arguments: Sequence[str]) -> int:
    match error:
        case NotFoundError():
            return report(error, hint=_list_command(arguments))
        case MlmonError():
            return report(error)
        case typer.TyperException():
            return _report_usage(error)
        case BrokenPipeError():
            # The reader left; what is still buffered must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_FAILED
        case OSError():
            complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
            return EXIT_FAILED
        case _:
            return EXIT_INTERRUPTED


def _list_command(arguments: Sequence[str]) -> str:
    """Return the command that lists what this one may name."""
    for argument in arguments:
        if argument in _OF_RUNS:
            return "mlmon runs list"
        for group in app.registered_groups:
            commands = group.typer_instance
            if argument == group.name and commands is not None:
                names = {command.name for command in commands.registered_commands}
                return f"mlmon {argument} list" if "list" in names else ""
    return ""


def _report_usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(message.rstrip() + "\n")
        return EXIT_USAGE
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    # Typer leaves in what pydantic puts before the message of a ValueError.
    complain(message.replace(": Value error, ", ": ").rstrip(".") + hint)
    return EXIT_USAGE
