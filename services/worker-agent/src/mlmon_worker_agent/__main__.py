"""`mlmon-agent`: start an agent with the settings in the environment, or check on one."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.last_contacts import find_last_contact

_SILENCE_SECONDS: Final = 60.0
_STATE_FOLDER: Final = "MLMON_AGENT_STATE_FOLDER"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the agent until it is told to stop; return the exit status.

    Status 78 (EX_CONFIG) says that the settings are wrong; one line says how. `check` ends with
    status 0 if the agent of this state folder heard of the scheduler less than a minute ago,
    else 1.
    """
    parser = argparse.ArgumentParser(prog="mlmon-agent", description=__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["run", "check"],
        default="run",
        help="run an agent (the default), or say whether the one that runs is heard",
    )
    return _check() if parser.parse_args(arguments).command == "check" else _run()


def _run() -> int:
    # Here, because a check needs none of it, and is made every few seconds.
    import asyncio  # noqa: PLC0415

    from pydantic import ValidationError  # noqa: PLC0415
    from pydantic_settings import SettingsError  # noqa: PLC0415

    from mlmon_shared.errors import ConfigurationError  # noqa: PLC0415
    from mlmon_shared.logs import configure_logs  # noqa: PLC0415
    from mlmon_shared.settings import explain_settings  # noqa: PLC0415
    from mlmon_worker_agent.app import run_agent  # noqa: PLC0415
    from mlmon_worker_agent.settings import PREFIX, AgentSettings  # noqa: PLC0415

    try:
        settings = AgentSettings()
    except ValidationError as error:
        return _refuse(explain_settings(error, PREFIX))
    except SettingsError as error:
        return _refuse(f"{error}: write it as JSON")
    configure_logs(log_format=settings.log_format, level=settings.log_level, service="worker-agent")
    try:
        asyncio.run(run_agent(settings))
    except ConfigurationError as error:
        return _refuse(error.detail)
    return 0


def _check() -> int:
    # As the settings of a run are read: in upper or lower case.
    folder = {name.upper(): text for name, text in os.environ.items()}.get(_STATE_FOLDER)
    if folder is None:
        return _refuse(f"{_STATE_FOLDER}: Field required")
    contact = find_last_contact(Path(folder), boot_id=read_boot_id())
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
