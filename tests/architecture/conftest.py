"""The checkout and the three services' apps, as the rules look at them."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mlmon_config_api.app import create_app as create_config_api
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_report_writer.app import create_app as create_report_writer
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_scheduler.app import create_app as create_scheduler
from mlmon_scheduler.settings import SchedulerSettings

ROOT = Path(__file__).parents[2]
# Not git's own list: a checkout in a container often has no git, or another owner.
NOT_COMMITTED = {"__pycache__", "node_modules", "dist", "mlmon-data"}
HIDDEN_AND_COMMITTED = {".ci", ".github"}


def _is_committed(folder: str) -> bool:
    if folder.startswith("."):
        return folder in HIDDEN_AND_COMMITTED
    return folder not in NOT_COMMITTED and not folder.endswith(".egg-info")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def committed_files() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if _is_committed(name)]
        found += [Path(folder) / name for name in files if not name.endswith((".pyc", ".lock"))]
    return sorted(found)


@pytest.fixture(scope="session")
def our_code(committed_files: list[Path]) -> list[Path]:
    """Python and Lua that ships: no tests."""
    return [
        file
        for file in committed_files
        if file.suffix in {".py", ".lua"} and file.relative_to(ROOT).parts[0] != "tests"
    ]


@pytest.fixture(scope="session")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FastAPI]:
    """Every service's app; nothing is opened before its lifespan is entered."""
    secret = SecretStr("s" * 40)
    elsewhere = "http://127.0.0.1:9"
    return {
        "config-api": create_config_api(
            ConfigApiSettings(
                database_url="postgresql://127.0.0.1:9/config",
                admin_token=SecretStr("a" * 40),
                service_token=secret,
            )
        ),
        "report-writer": create_report_writer(
            ReportWriterSettings(
                database_url=SecretStr("postgresql://127.0.0.1:9/reports"),
                redis_url=SecretStr("redis://127.0.0.1:9"),
                config_api_url=elsewhere,
                service_token=secret,
            )
        ),
        "scheduler": create_scheduler(
            SchedulerSettings(
                redis_url="redis://127.0.0.1:9",
                logs_redis_url="redis://127.0.0.1:9",
                config_api_url=elsewhere,
                report_writer_url=elsewhere,
                service_token=secret,
                signing_key=SecretStr("k" * 40),
                artifacts_folder=tmp_path_factory.mktemp("artifacts"),
            )
        ),
    }
