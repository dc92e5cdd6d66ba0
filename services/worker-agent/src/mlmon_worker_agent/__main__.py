"""`mlmon-agent`: start an agent with the settings in the environment, or check on one."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.last_contacts import find_last_contact

if TYPE_CHECKING:
    from mlmon_worker_agent.settings import AgentSettings

_SILENCE_SECONDS: Final = 60.0
_STATE_FOLDER: Final = "MLMON_AGENT_STATE_FOLDER"


class _RefusedError(Exception):
    """The settings are wrong; the message is one line that says how."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the agent until it is told to stop; return the exit status.

    Status 78 (EX_CONFIG) says that the settings are wrong; one line says how. `check` ends with
    status 0 if the agent of this state folder heard of the scheduler less than a minute ago,
    else 1; `doctor` with status 1 if it finds something wrong.
    """
    parser = argparse.ArgumentParser(prog="mlmon-agent", description=__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["run", "check", "doctor"],
        default="run",
        help="run an agent (the default), say whether the one that runs is heard, or say what "
        "this host lacks to run one",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings, a line NAME=value each; the environment overrides them",
    )
    parser.add_argument("--version", action="version", version=version("mlmon-worker-agent"))
    options = parser.parse_args(arguments)
    command = {"run": _run, "check": _check, "doctor": _examine}[options.command]
    try:
        if options.config is not None:
            _check_readable(options.config)
        return command(options.config)
    except _RefusedError as refused:
        sys.stderr.write(f"mlmon-agent: {refused}\n")
        return os.EX_CONFIG


def _run(config: Path | None) -> int:
    # Here, because a check needs none of it, and is made every few seconds.
    import asyncio  # noqa: PLC0415

    from mlmon_shared.errors import ConfigurationError  # noqa: PLC0415
    from mlmon_shared.logs import configure_logs  # noqa: PLC0415
    from mlmon_worker_agent.app import run_agent  # noqa: PLC0415

    settings = _read_settings(config)
    configure_logs(log_format=settings.log_format, level=settings.log_level, service="worker-agent")
    try:
        asyncio.run(run_agent(settings))
    except ConfigurationError as error:
        raise _RefusedError(error.detail) from error
    return 0


def _examine(config: Path | None) -> int:
    import asyncio  # noqa: PLC0415 - as above

    from mlmon_worker_agent.doctor import examine  # noqa: PLC0415
    from mlmon_worker_agent.domain.diagnoses import are_well, as_text  # noqa: PLC0415

    found = asyncio.run(examine(_read_settings(config)))
    sys.stdout.write(as_text(found))
    return 0 if are_well(found) else 1


def _check(config: Path | None) -> int:
    values: dict[str, str | None] = {}
    if config is not None:
        from dotenv import dotenv_values  # noqa: PLC0415 - as above

        values |= dotenv_values(config)
    # As the settings of a run are read: in upper or lower case.
    named = {name.upper(): text for name, text in (values | os.environ).items()}
    folder = named.get(_STATE_FOLDER)
    if folder is None:
        raise _RefusedError(f"{_STATE_FOLDER}: Field required")
    contact = find_last_contact(Path(folder), boot_id=read_boot_id())
    if contact is None:
        sys.stdout.write("the scheduler has not been heard of since this host was started\n")
        return 1
    seconds = time.monotonic() - contact
    sys.stdout.write(f"the scheduler was heard of {seconds:.0f} s ago\n")
    return 0 if seconds < _SILENCE_SECONDS else 1


def _read_settings(config: Path | None) -> "AgentSettings":
    from pydantic import ValidationError  # noqa: PLC0415 - as above
    from pydantic_settings import SettingsError  # noqa: PLC0415

    from mlmon_shared.settings import explain_settings  # noqa: PLC0415
    from mlmon_worker_agent.settings import PREFIX, AgentSettings  # noqa: PLC0415

    try:
        return AgentSettings(_env_file=config)
    except ValidationError as error:
        raise _RefusedError(explain_settings(error, PREFIX)) from error
    except SettingsError as error:
        raise _RefusedError(f"{error}: write it as JSON") from error


def _check_readable(config: Path) -> None:
    """Fail where pydantic would go on without the file."""
    try:
        config.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise _RefusedError(f"--config: cannot read {config}: {why}") from error


if __name__ == "__main__":
    sys.exit(main())
