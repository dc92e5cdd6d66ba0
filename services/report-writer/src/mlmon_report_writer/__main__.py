"""`mlmon-report-writer` serves; `mlmon-report-writer migrate` brings the database up to date."""

import os
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from mlmon_report_writer.app import create_app
from mlmon_report_writer.migrating import migrate
from mlmon_report_writer.settings import PREFIX, ReportWriterSettings
from mlmon_shared.errors import MlmonError
from mlmon_shared.http.serving import serve
from mlmon_shared.logs import configure_logs
from mlmon_shared.settings import explain_settings

SERVICE = "report-writer"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name; return the exit status."""
    match list(sys.argv[1:] if arguments is None else arguments):
        case []:
            return serve(SERVICE, ReportWriterSettings, create_app)
        case ["migrate"]:
            return _migrate()
        case _:
            sys.stderr.write("usage: mlmon-report-writer [migrate]\n")
            return os.EX_USAGE


def _migrate() -> int:
    try:
        settings = ReportWriterSettings()
    except ValidationError as error:
        sys.stderr.write(f"{SERVICE}: {explain_settings(error, PREFIX)}\n")
        return os.EX_CONFIG
    configure_logs(log_format=settings.log_format, level=settings.log_level, service=SERVICE)
    try:
        migrate(settings.read_database_url())
    except MlmonError as error:
        sys.stderr.write(f"{SERVICE}: {error.detail}\n")
        return os.EX_UNAVAILABLE
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
