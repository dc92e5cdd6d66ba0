"""`mlmon-agent`: start an agent with the settings in the environment, or check on one."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_settings import SettingsError

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.logs import configure_logs
from mlmon_shared.settings import explain_settings
from mlmon_worker_agent.adapters.hosts import read_boot_id
from mlmon_worker_agent.adapters.sqlite_journal import find_last_contact
from mlmon_worker_agent.adapters.state_folders import JOURNAL
from mlmon_worker_agent.app import run_agent
from mlmon_worker_agent.settings import PREFIX, AgentSettings

_SILENCE_SECONDS: Final = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the agent until it is told to stop; return the exit status.

    Status 78 (EX_CONFIG) says that the settings are wrong; one line says how. `check` ends with
    status 0 if the agent with these settings heard of the scheduler less than a minute ago, else 1.
    """
    parser = argparse.ArgumentParser(prog="mlmon-agent", description=__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["run", "check"],
        default="run",
        help="run an agent (the default), or say whether the one that runs is heard",
    )
    command = parser.parse_args(arguments).command
    try:
        settings = AgentSettings()
    except ValidationError as error:
        return _refuse(explain_settings(error, PREFIX))
    except SettingsError as error:
        return _refuse(f"{error}: write it as JSON")
    if command == "check":
        return _check(settings)
    configure_logs(log_format=settings.log_format, level=settings.log_level, service="worker-agent")
    try:
        asyncio.run(run_agent(settings))
    except ConfigurationError as error:
        return _refuse(error.detail)
    return 0


def _check(settings: AgentSettings) -> int:
    journal = settings.state_folder / JOURNAL
    contact = find_last_contact(journal, boot_id=read_boot_id())
    if contact is None:
        sys.stdout.write("the scheduler has not been heard of since this host was started\n")
        return 1
    seconds = time.monotonic() - contact
    sys.stdout.write(f"the scheduler was heard of {seconds:.0f} s ago\n")
    return 0 if seconds < _SILENCE_SECONDS else 1


def _refuse(why: str) -> int:
    sys.stderr.write(f"mlmon-agent: {why}\n")
    return os.EX_CONFIG


if __name__ == "__main__":
    sys.exit(main())
