"""The agent's package: built, unpacked, installed into a root of its own, and run from there."""

import os
import shutil
import stat
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from dotenv import dotenv_values

from mlmon_worker_agent.settings import AgentSettings, InstanceCredential

from .conftest import ROOT, Package

UNIT = "lib/systemd/system/mlmon-agent.service"


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def dpkg(root: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    # The root has no Python, nor a shell to run scripts with in it.
    forced = ["--force-depends", "--force-script-chrootless", "--force-not-root"]
    return run("dpkg", f"--root={root}", f"--log={root}/dpkg.log", *forced, *options)


def test_pyz_tells_its_version_and_examines_the_host(package: Package, tmp_path: Path) -> None:
    told = run(package.pyz, "--version", SHIV_ROOT=str(tmp_path))
    assert told.stdout.strip() == version("mlmon-worker-agent"), told.stderr

    config = tmp_path / "agent.env"
    config.write_text(
        "MLMON_AGENT_SERVER_URL=http://127.0.0.1:9\n"
        f"MLMON_AGENT_STATE_FOLDER={tmp_path}/state\nMLMON_AGENT_BOOTSTRAP_TOKEN=t\n"
    )
    found = run(package.pyz, "doctor", "--config", config, SHIV_ROOT=str(tmp_path))

    assert found.returncode == 1, found.stderr
    assert "wrong  server   no answer from http://127.0.0.1:9" in found.stdout


def test_installed_command_reads_the_settings_of_the_host(package: Package, tmp_path: Path) -> None:
    command = package.tree / "usr/bin/mlmon-agent"
    installed = package.tree / "usr/lib/mlmon-agent/mlmon-agent.pyz"
    environment = {"MLMON_AGENT_INSTALLED": str(installed), "SHIV_ROOT": str(tmp_path)}

    told = run(command, "--version", **environment)
    missing = run(command, "doctor", MLMON_AGENT_CONFIG=f"{tmp_path}/none", **environment)

    assert told.stdout.strip() == version("mlmon-worker-agent"), told.stderr
    assert missing.returncode == 78
    assert f"--config: cannot read {tmp_path}/none" in missing.stderr
    assert "/etc/mlmon/agent.env" in command.read_text()
    assert "/usr/lib/mlmon-agent/mlmon-agent.pyz" in command.read_text()


def test_settings_of_the_package_are_settings_of_the_agent(package: Package) -> None:
    values = dotenv_values(package.tree / "etc/mlmon/agent.env")
    known = {f"MLMON_AGENT_{name.upper()}" for name in AgentSettings.model_fields}

    assert set(values) <= known
    assert "MLMON_AGENT_BOOTSTRAP_TOKEN" not in values


def test_dpkg_makes_private_folders_and_a_purge_leaves_nothing(
    package: Package, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    done = dpkg(root, "--install", package.deb)
    assert done.returncode == 0, done.stderr
    for folder in ("var/lib/mlmon-agent", "var/cache/mlmon-agent"):
        assert stat.S_IMODE((root / folder).stat().st_mode) == 0o700
    (root / "etc/mlmon/agent.token").write_text("mlm_secret")
    (root / "var/lib/mlmon-agent/journal").touch()
    (root / "etc/mlmon/agent.env").write_text("MLMON_AGENT_SERVER_URL=https://ours\n")
    releases = root / "var/lib/mlmon-agent/releases"
    releases.mkdir()
    for name in ("current", "trial", "refused"):
        (releases / name).touch()

    again = dpkg(root, "--install", package.deb)
    assert again.returncode == 0, again.stderr
    kept = (root / "etc/mlmon/agent.env").read_text()
    assert kept == "MLMON_AGENT_SERVER_URL=https://ours\n"
    # What was installed last is what is started.
    assert [path.name for path in releases.iterdir()] == ["refused"]

    assert dpkg(root, "--remove", "mlmon-agent").returncode == 0
    assert (root / "etc/mlmon/agent.token").exists()
    assert (root / "var/lib/mlmon-agent/journal").exists()

    assert dpkg(root, "--purge", "mlmon-agent").returncode == 0
    left = [path for path in root.rglob("*mlmon*") if "/var/lib/dpkg/" not in str(path)]
    assert left == []


def test_systemd_takes_the_unit(package: Package, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze (Debian's systemd)")
    root = tmp_path / "root"
    shutil.copytree(package.tree, root)
    # The targets that it names are systemd's own.
    shutil.copytree(
        "/lib/systemd/system",
        root / "lib/systemd/system",
        dirs_exist_ok=True,
        symlinks=True,
        ignore_dangling_symlinks=True,
    )
    done = run("systemd-analyze", "verify", f"--root={root}", "mlmon-agent.service")

    assert done.returncode == 0, done.stderr
    assert "mlmon-agent" not in done.stderr


def test_unit_leaves_attempts_alone_and_needs_a_token(package: Package) -> None:
    lines = (package.tree / UNIT).read_text().splitlines()

    for line in (
        "KillMode=process",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "ConditionFileNotEmpty=/etc/mlmon/agent.token",
    ):
        assert line in lines


USER_DATA = ("cloud-init.yaml", "cloud-init-identity.yaml")


@pytest.mark.parametrize("name", USER_DATA)
def test_cloud_init_takes_the_user_data(tmp_path: Path, name: str) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("needs cloud-init")
    example = ROOT / "deploy/agent" / name
    done = run("cloud-init", "schema", "--config-file", example)
    assert done.returncode == 0, done.stdout + done.stderr

    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(example.read_text().replace("permissions:", "permission:"))
    assert run("cloud-init", "schema", "--config-file", wrong).returncode != 0


def read_user_data(name: str, folder: Path) -> tuple[dict[str, Any], AgentSettings]:
    """Return what it writes, by path, and what the agent reads of that."""
    document = yaml.safe_load((ROOT / "deploy/agent" / name).read_text())
    files = {each["path"]: each for each in document["write_files"]}
    (folder / "agent.env").write_text(files["/etc/mlmon/agent.env"]["content"])
    return files, AgentSettings(_env_file=folder / "agent.env")


def test_user_data_without_a_token_has_all_that_an_identity_needs(
    package: Package, tmp_path: Path
) -> None:
    files, settings = read_user_data("cloud-init-identity.yaml", tmp_path)

    assert settings.read_credential() == InstanceCredential("gpu", "http://169.254.169.254")
    assert not any("token" in path for path in files)
    unit = "/etc/systemd/system/mlmon-agent.service.d/identity.conf"
    conditions = [
        line
        for text in ((package.tree / UNIT).read_text(), files[unit]["content"])
        for line in text.splitlines()
        if line.startswith("Condition")
    ]
    # An empty one takes back all those before.
    assert conditions == ["ConditionFileNotEmpty=/etc/mlmon/agent.token", "ConditionFileNotEmpty="]


def test_user_data_writes_settings_of_the_agent(tmp_path: Path) -> None:
    files, settings = read_user_data("cloud-init.yaml", tmp_path)

    assert settings.server_url == "https://mlmon.example.com"
    assert str(settings.bootstrap_token_file) in files
    assert files["/etc/mlmon/agent.token"]["permissions"] == "0600"


def test_packer_template_installs_docker_and_the_package() -> None:
    with (ROOT / "deploy/packer/agent.pkr.hcl").open() as file:
        text = str(hcl2.load(file))

    assert "amazon-ebs" in text
    assert "docker.io /tmp/mlmon-agent.deb" in text
    assert "http_tokens" in text
    assert "mlm_" not in text
