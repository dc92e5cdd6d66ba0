"""The merged OpenAPI document of all services, without running any: `./run openapi`."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from mlmon_config_api.app import create_app as create_config_api
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_report_writer.app import create_app as create_report_writer
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_scheduler.app import create_app as create_scheduler
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_standalone.front import merge_openapi

_NOWHERE: Final = "127.0.0.1:9"
_SECRET: Final = SecretStr("not a secret: nothing is ever served with it")


def read_documents(folder: Path) -> list[dict[str, Any]]:
    """Return the OpenAPI document of each service.

    Args:
        folder: That settings may name.
    """
    apps = (
        create_config_api(
            ConfigApiSettings(database_url=f"postgresql://{_NOWHERE}/config", admin_token=_SECRET)
        ),
        create_scheduler(
            SchedulerSettings(
                redis_url=f"redis://{_NOWHERE}",
                logs_redis_url=f"redis://{_NOWHERE}",
                config_api_url=f"http://{_NOWHERE}",
                report_writer_url=f"http://{_NOWHERE}",
                service_token=_SECRET,
                signing_key=_SECRET,
                artifacts_folder=folder,
            )
        ),
        create_report_writer(
            ReportWriterSettings(
                database_url=SecretStr(f"postgresql://{_NOWHERE}/reports"),
                redis_url=SecretStr(f"redis://{_NOWHERE}"),
                config_api_url=f"http://{_NOWHERE}",
                service_token=_SECRET,
            )
        ),
    )
    return [app.openapi() for app in apps]


def read_merged_document() -> dict[str, Any]:
    """Return the OpenAPI document of all services as one."""
    with tempfile.TemporaryDirectory() as folder:
        return merge_openapi(read_documents(Path(folder)))


def main() -> None:
    """Print the document as JSON."""
    sys.stdout.write(json.dumps(read_merged_document(), indent=2) + "\n")


if __name__ == "__main__":
    main()
