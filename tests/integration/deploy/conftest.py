"""The agent's package, built once by each process of the tests that ask for it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Package:
    """What deploy/agent/build.sh makes, and the tree that the .deb installs."""

    pyz: Path
    deb: Path
    tree: Path


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("package")
    built = subprocess.run(
        [ROOT / "deploy" / "agent" / "build.sh", folder],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    deb = Path(built.stdout.strip())
    subprocess.run(["dpkg-deb", "-x", deb, folder / "tree"], check=True, timeout=60)
    return Package(folder / "mlmon-agent.pyz", deb, folder / "tree")
