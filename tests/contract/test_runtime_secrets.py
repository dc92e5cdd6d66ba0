"""Secrets of attempts: files in memory, whatever runs the attempt."""

import json
from pathlib import Path

import pytest

from mlmon_worker_agent.adapters.secret_folders import SecretFolders
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.domain.errors import RuntimeFailedError
from tests.contract.conftest import SECRETS, RuntimeFactory, begin, python, ref_of, run, spec_of


async def test_secrets_are_files_in_memory_and_end_with_their_attempt(
    runtime: ContainerRuntime,
) -> None:
    code = """
        import json, os, pathlib
        folder = pathlib.Path(os.environ["MLMON_SECRETS"])
        kinds = {line.split()[1]: line.split()[2] for line in open("/proc/mounts")}
        home = next(each for each in (folder, *folder.parents) if str(each) in kinds)
        print(json.dumps({
            "secrets": {each.name: each.read_text() for each in folder.iterdir()},
            "is_in_memory": kinds[str(home)] == "tmpfs",
            "is_in_environment": any("hunter2" in text for text in os.environ.values()),
        }))
    """
    spec = python(code, secrets={"WAREHOUSE_URL": "db://me:hunter2@db", "empty": ""})
    end, text = await run(runtime, spec)
    folder = SECRETS.path(ref_of(spec).attempt_id)
    is_there = folder.exists()
    await runtime.remove(ref_of(spec))

    assert end.is_success
    assert json.loads(text["stdout"]) == {
        "secrets": {"WAREHOUSE_URL": "db://me:hunter2@db", "empty": ""},
        "is_in_memory": True,
        "is_in_environment": False,
    }
    assert is_there
    assert not folder.exists()
    assert "db://me" not in repr(spec)


async def test_restarted_agent_sweeps_secrets_of_unknown_attempts(
    make_runtime: RuntimeFactory, runtime: ContainerRuntime
) -> None:
    running = spec_of("sleep", "600", run_id="running", secrets={"a": "1"})
    left = spec_of("true", run_id="left", secrets={"a": "1"})
    await begin(runtime, running)
    SECRETS.write(ref_of(left).attempt_id, left.secrets)
    restarted = make_runtime()
    await restarted.list_existing()

    assert list(await restarted.secrets(ref_of(running))) == ["1"]
    assert list(await restarted.secrets(ref_of(left))) == []
    assert SECRETS.path(ref_of(running).attempt_id).exists()
    assert not SECRETS.path(ref_of(left).attempt_id).exists()


def test_secrets_are_never_written_to_a_disk(tmp_path: Path) -> None:
    on_disk = SecretFolders(tmp_path, "tests")
    with pytest.raises(RuntimeFailedError, match="The host has no memory for secrets"):
        on_disk.write("run.1", {"a": "1"})

    assert list(tmp_path.iterdir()) == []
