"""`mlmon-agent doctor` as a real process against the scripted scheduler."""

import asyncio
import os
import sys
from pathlib import Path

from tests.instance_metadata import INSTANCE, Metadata, authority
from tests.integration.worker_agent.conftest import FakeScheduler


def write_config(scheduler: FakeScheduler, config: Path, **changes: str | None) -> None:
    values: dict[str, str | None] = {
        "SERVER_URL": scheduler.url,
        "BOOTSTRAP_TOKEN": "bootstrap",
        "STATE_FOLDER": str(config.parent / "state"),
        "GPUS": "0",
        **changes,
    }
    config.write_text(
        "".join(f"MLMON_AGENT_{name}={text}\n" for name, text in values.items() if text)
    )


async def doctor(scheduler: FakeScheduler, config: Path, **changes: str | None) -> tuple[int, str]:
    write_config(scheduler, config, **changes)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "mlmon_worker_agent", "doctor", "--config", str(config)],
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def verdicts(text: str) -> dict[str, str]:
    return {line.split()[1]: line.split()[0] for line in text.splitlines()}


async def test_doctor_finds_nothing_wrong_and_changes_nothing(
    scheduler: FakeScheduler, tmp_path: Path
) -> None:
    status, text = await doctor(scheduler, tmp_path / "agent.env")

    assert status == 0, text
    assert verdicts(text) == {
        "engine": "note",  # plain processes
        **dict.fromkeys(["state", "scratch", "disk", "gpu", "server", "clock", "token"], "ok"),
    }
    assert scheduler.registrations == []
    assert names_in(tmp_path) == ["agent.env"]


async def test_doctor_says_that_the_token_is_refused_without_showing_it(
    scheduler: FakeScheduler, tmp_path: Path
) -> None:
    status, text = await doctor(scheduler, tmp_path / "agent.env", BOOTSTRAP_TOKEN="mlm_wrong")

    assert status == 1
    assert verdicts(text)["token"] == "wrong"
    assert "mlm_wrong" not in text


async def test_doctor_names_each_thing_that_is_wrong(
    scheduler: FakeScheduler, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    status, text = await doctor(
        scheduler,
        tmp_path / "agent.env",
        SERVER_URL="http://127.0.0.1:9",
        RUNTIME="docker",
        DOCKER_URL=f"unix://{tmp_path}/no.sock",
        SCRATCH_FOLDER="/proc/scratch",
        GPUS="2",
    )

    assert status == 1
    found = verdicts(text)
    wrong = [subject for subject, verdict in found.items() if verdict == "wrong"]
    assert wrong == ["engine", "scratch", "disk", "gpu", "server"]
    assert "token" not in found
    for remedy in ("systemctl start docker", "SCRATCH_FOLDER", "SERVER_URL", "AGENT_GPUS=0"):
        assert remedy in text
    assert "Traceback" not in text


async def test_doctor_shows_the_identity_of_the_instance_and_registers_nobody(
    scheduler: FakeScheduler, metadata: Metadata, tmp_path: Path
) -> None:
    settings = {"INSTANCE_IDENTITY": "true", "POOL": "gpu", "METADATA_URL": metadata.url}
    config = tmp_path / "agent.env"

    async def told() -> tuple[int, str]:
        status, text = await doctor(scheduler, config, BOOTSTRAP_TOKEN=None, **settings)
        (line,) = [line for line in text.splitlines() if line.split()[1] == "identity"]
        return status, line

    unsigned = await told()
    metadata.signed = authority().sign()
    unknown = await told()
    scheduler.instance = INSTANCE
    taken = await told()
    del settings["POOL"]
    incomplete = await told()

    assert unsigned[0] == unknown[0] == incomplete[0] == 1
    assert "has no identity document" in unsigned[1]
    assert "it is older than this agent" in unknown[1]
    assert "needs MLMON_AGENT_POOL" in incomplete[1]
    assert taken[0] == 0
    assert taken[1].endswith("the scheduler takes this instance into the pool gpu")
    assert scheduler.registrations == []
    assert names_in(tmp_path) == ["agent.env"]


async def test_wrong_settings_are_one_line(scheduler: FakeScheduler, tmp_path: Path) -> None:
    status, text = await doctor(scheduler, tmp_path / "agent.env", SERVER_URL="nowhere")

    assert status == 78
    assert text.startswith("mlmon-agent: MLMON_AGENT_SERVER_URL: ")
    assert text.count("\n") == 1
