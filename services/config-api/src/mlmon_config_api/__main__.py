"""`mlmon-config-api` serves; `mlmon-config-api migrate` brings the schema up to date."""

import argparse
import os
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from mlmon_config_api.app import create_app
from mlmon_config_api.migrating import migrate
from mlmon_config_api.settings import PREFIX, ConfigApiSettings
from mlmon_shared.errors import MlmonError
from mlmon_shared.http.serving import serve
from mlmon_shared.logs import configure_logs
from mlmon_shared.settings import explain_settings

_SERVICE = "config-api"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="mlmon-config-api", description=__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["serve", "migrate"],
        default="serve",
        help="serve (the default), or migrate the schema and end",
    )
    command = parser.parse_args(arguments).command
    if command == "migrate":
        return _migrate()
    return serve(_SERVICE, ConfigApiSettings, create_app, prepare=_prepare)


def _prepare(settings: ConfigApiSettings) -> None:
    if settings.migrate_on_start:
        migrate(settings.read_database_url())


def _migrate() -> int:
    try:
        settings = ConfigApiSettings()
    except ValidationError as error:
        sys.stderr.write(f"{_SERVICE}: {explain_settings(error, PREFIX)}\n")
        return os.EX_CONFIG
    configure_logs(log_format=settings.log_format, level=settings.log_level, service=_SERVICE)
    try:
        migrate(settings.read_database_url())
    except MlmonError as error:
        sys.stderr.write(f"{_SERVICE}: {error.detail}\n")
        return os.EX_UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
