"""`mlmon-agent`: start an agent with the settings in the environment."""

import asyncio
import os
import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.logs import configure_logs
from mlmon_shared.settings import explain_settings
from mlmon_worker_agent.app import run_agent
from mlmon_worker_agent.settings import PREFIX, AgentSettings


def main() -> int:
    """Run the agent until it is told to stop; return the exit status.

    Status 78 (EX_CONFIG) says that the settings are wrong; one line says how.
    """
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


def _refuse(why: str) -> int:
    sys.stderr.write(f"mlmon-agent: {why}\n")
    return os.EX_CONFIG


if __name__ == "__main__":
    sys.exit(main())
