"""docker-compose.yml as its users start it, on an engine without bridge networks and registry."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest

from mlmon_shared.testing.containers import require_engine
from mlmon_shared.testing.polling import eventually_sync
from mlmon_standalone.services import free_ports
from tests.e2e.conftest import MLMON

ROOT = Path(__file__).parents[2]
COMPOSE = str(Path(sys.executable).parent / "docker-compose")
OURS = ("config-api", "scheduler", "report-writer", "agent")
PORTS = (
    "MLMON_PORT",
    "MLMON_CONFIG_API_PORT",
    "MLMON_REPORT_WRITER_PORT",
    "MLMON_SCHEDULER_PORT",
    "MLMON_POSTGRES_PORT",
    "MLMON_VALKEY_PORT",
    "MLMON_VALKEY_LOGS_PORT",
)
AUCS = {
    key.removeprefix("score-"): auc
    for key, auc in json.loads((ROOT / "tests" / "faults" / "demo_aucs.json").read_text()).items()
    if key.startswith("score-")
}
"""By airline, as with processes."""


@dataclass
class Stack:
    """One project of Compose, with ports, secrets and an agent's folder of its own."""

    folder: Path
    project: str = field(default_factory=lambda: f"mlmon-test-{uuid4().hex[:8]}")
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['MLMON_PORT']}"

    def run(self, *words: str, seconds: float = 600, status: int = 0) -> str:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def compose(self, *words: str) -> str:
        files = ("-f", "docker-compose.yml", "-f", "deploy/compose.host.yml")
        return self.run(COMPOSE, "-p", self.project, *files, *words)

    def mlmon(self, *words: str) -> str:
        return self.run(MLMON, *words)


@pytest.fixture
def client() -> Iterator[docker.APIClient]:
    made = require_engine()
    yield made
    made.close()


@pytest.fixture
def stack(client: docker.APIClient, server_folder: Path) -> Iterator[Stack]:
    made = Stack(server_folder)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MLMON_")}
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    made.environment = (
        kept
        | ports
        | {
            "MLMON_VERSION": "test",
            "MLMON_SECRETS": str(server_folder / "secrets"),
            "MLMON_AGENT_FOLDER": str(server_folder / "agent"),
            "MLMON_DOCKER_SOCKET": engine.removeprefix("unix://"),
            "MLMON_TOKEN_FILE": str(server_folder / "secrets" / "admin_token"),
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }
    )
    made.environment["MLMON_URL"] = made.url
    images = made.run("deploy/docker/images.sh", *_how_to_build(client))
    for line in images.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        made.environment[name] = value
    made.run("deploy/compose/secrets.sh")
    yield made
    made.compose("down", "--volumes", "--timeout", "60")


def _how_to_build(client: docker.APIClient) -> list[str]:
    """Take the base that needs no registry where it is, or can be made."""
    is_there = bool(client.images("mlmon/python-base:3"))
    return ["--offline"] if is_there or os.geteuid() == 0 else []


def containers_of(client: docker.APIClient, stack: Stack) -> dict[str, dict[str, Any]]:
    found = client.containers(
        all=True, filters={"label": f"com.docker.compose.project={stack.project}"}
    )
    return {
        each["Labels"]["com.docker.compose.service"]: client.inspect_container(each["Id"])
        for each in found
    }


# Images are built first.
@pytest.mark.timeout(1500)
def test_compose_runs_the_demo_with_the_results_of_processes(
    client: docker.APIClient, stack: Stack, tmp_path: Path
):
    stack.compose("up", "--wait", "--no-build")
    told = stack.mlmon("demo", "--attach", "--docker", "--data", str(tmp_path))

    assert "1 failed, 1 skipped, 31 succeeded" in told
    assert "OO: delay-train failed (user_error, exit code 64)" in told
    assert (tmp_path / "flight-delays.png").read_bytes().startswith(b"\x89PNG")
    for airline, auc in AUCS.items():
        (row,) = (line for line in told.splitlines() if f"│ {airline} " in line)
        assert f"{auc:.3f}" in row.split(), airline

    containers = containers_of(client, stack)
    _check_well(containers)
    _check_locked_down(client, containers)
    _check_stores_are_apart(client, stack, containers)
    _check_secrets(stack)

    # What restarts finds everything again, and what it ran is gone from the host.
    stack.compose("restart", "--timeout", "60")
    stack.compose("up", "--wait", "--no-build")
    (batch,) = json.loads(stack.mlmon("batches", "list", "-o", "json"))["items"]
    assert (batch["name"], batch["outcome"], batch["total"]) == ("flight-delays", "failed", 33)
    scratch = stack.folder / "agent" / "scratch"
    assert list(scratch.iterdir()) == []
    left = client.containers(all=True, filters={"label": f"mlmon.agent={scratch}"})
    assert left == []


def _check_well(containers: dict[str, dict[str, Any]]) -> None:
    for name, container in containers.items():
        state = container["State"]
        if name == "setup":
            assert (state["Status"], state["ExitCode"]) == ("exited", 0)
        elif name == "proxy":
            assert state["Status"] == "running"
        else:
            assert state["Health"]["Status"] == "healthy", name


def _check_locked_down(client: docker.APIClient, containers: dict[str, dict[str, Any]]) -> None:
    """Ours run as nobody in particular, can write nothing, and hold neither tools nor secrets."""
    for name in OURS:
        container = containers[name]
        image = client.inspect_image(container["Image"])
        host = container["HostConfig"]
        assert image["Config"]["User"] == "10001:10001"
        assert image["Config"]["Healthcheck"]["Test"] == ["CMD", "mlmon-check"]
        assert container["Config"]["User"] == ("0:0" if name == "agent" else "10001:10001")
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        secret = "mlm_"
        assert not [text for text in container["Config"]["Env"] if secret in text], name
        tools = "for tool in gcc cc make pip pip3 uv hatch; do command -v $tool; done"
        said = _run_inside(client, container, f"{tools}; python -c 'import pip' 2>&1; id -u")
        assert "No module named 'pip'" in said
        assert said.splitlines()[-1] == ("0" if name == "agent" else "10001")
        assert not said.startswith("/"), said


def _check_secrets(stack: Stack) -> None:
    """A container reads its secret as a file, and nobody reads it in the log."""
    (job, *_) = json.loads(stack.mlmon("jobs", "list", "-o", "json"))["items"]
    definition = {
        "name": "read-secret",
        "image": job["definition"]["image"],
        "command": ["sh", "-c", "wc -c < /run/secrets/URL; cat /run/secrets/URL"],
        "secrets": {"URL": "warehouse-url"},
        "resources": {"memory": "64Mi"},
    }
    file, value = stack.folder / "read-secret.json", stack.folder / "value"
    file.write_text(json.dumps(definition))
    value.write_text("hunter2-hunter2")
    stack.mlmon("secrets", "set", "warehouse-url", "--from-file", str(value))
    stack.mlmon("apply", "-f", str(file))
    stack.mlmon("clients", "put", "acme")
    run = stack.mlmon("submit", "read-secret", "--client", "acme", "--wait").split()[0]
    assert stack.mlmon("logs", run).split() == ["15", "*" * 15]


def _check_stores_are_apart(
    client: docker.APIClient, stack: Stack, containers: dict[str, dict[str, Any]]
) -> None:
    """report-writer can read events and write its watermark; no database is open to the other."""

    def secret(name: str) -> str:
        return (stack.folder / "secrets" / name).read_text().strip()

    port = stack.environment["MLMON_VALKEY_PORT"]
    asking = f"valkey-cli -p {port} --no-auth-warning --user reports"
    asking += f" --pass {secret('reports_redis_password')}"
    for command, answer in {
        "GET '{s0}:ep'": "NOPERM",
        "SET '{s0}:run:x' y": "NOPERM",
        "DEL '{s0}:watermark:1'": "NOPERM",
        "XREAD COUNT 1 STREAMS '{s0}:events:1' 0": "{s0}:events:1",
    }.items():
        said = _run_inside(client, containers["valkey"], f"{asking} {command}")
        assert answer in said, (command, said)
    port = stack.environment["MLMON_POSTGRES_PORT"]
    asking = f"PGPASSWORD={secret('reports_database_password')} psql -w -h 127.0.0.1 -p {port}"
    for database, answer in {"config": "permission denied", "reports": "33"}.items():
        statement = "SELECT count(*) FROM runs"
        command = f'{asking} -U reports -d {database} -tc "{statement}"'
        said = _run_inside(client, containers["postgres"], command)
        assert answer in said, (database, said)


def _run_inside(client: docker.APIClient, container: dict[str, Any], command: str) -> str:
    """Return what a command prints: each of them prints something.

    Engines may lose the output of one that ends before they are attached to it; so it is
    asked again.
    """

    def ask() -> str:
        made = client.exec_create(container["Id"], ["sh", "-c", command])
        return str(client.exec_start(made["Id"]).decode())

    return eventually_sync(ask, every_seconds=0.2, describe="the command prints something")
