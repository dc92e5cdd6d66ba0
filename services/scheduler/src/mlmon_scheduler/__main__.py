"""`mlmon-scheduler`: serve the scheduler."""

import sys

from mlmon_scheduler.app import create_app
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_shared.http.serving import serve


def main() -> None:
    """Serve until a signal comes."""
    sys.exit(serve("scheduler", SchedulerSettings, create_app))


if __name__ == "__main__":
    main()
