"""What `pip install` makes of the SDK, without the services and without this checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAIN = "import sys; from mlmon.cli.main import main; sys.exit(main())"
ONLY_OF_SERVICES = ("fastapi", "uvicorn", "redis", "asyncpg", "docker", "jsonschema", "pandas")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the SDK and what it shares with the services, as wheels have them."""
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    packages = [str(ROOT / "shared"), str(ROOT / "clients" / "python")]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *packages],
        check=True,
    )
    return target


def python(installed: Path, code: str, *arguments: str) -> str:
    refused = "".join(f"sys.modules[{name!r}] = None\n" for name in ONLY_OF_SERVICES)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{refused}\n{code}", *arguments],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_sdk_is_imported_without_what_services_need(installed: Path) -> None:
    code = "import mlmon, mlmon.generated; print(mlmon.__file__)"

    assert python(installed, code).startswith(str(installed))


def test_the_command_line_works_with_its_skeletons(installed: Path, tmp_path: Path) -> None:
    assert python(installed, MAIN, "--version").startswith("mlmon ")

    python(installed, MAIN, "init", str(tmp_path / "job"), "--template", "etl")

    made = {str(path.relative_to(tmp_path / "job")) for path in (tmp_path / "job").rglob("*")}
    assert {"Dockerfile", ".dockerignore", ".github/workflows/job.yml", "job.yaml"} <= made
