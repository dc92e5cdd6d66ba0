"""`mlmon doctor` on a real server: what it says while all is well, and when it is not."""

import json
import subprocess
from pathlib import Path

from mlmon_shared.testing.polling import eventually_sync

from .conftest import MLMON, Up


def examine(
    up: Up, *options: str, status: int, before: tuple[str, ...] = ()
) -> dict[tuple[str, str], str]:
    """Return what the doctor says, by subject and verdict."""
    done = subprocess.run(
        [MLMON, *before, "doctor", "-o", "json", *options],
        env=up.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    items = json.loads(done.stdout)["items"]
    return {(item["subject"], item["verdict"]): item["detail"] for item in items}


def test_doctor_finds_what_is_wrong(up: Up, tmp_path: Path) -> None:
    up.start()
    client = up.client()
    (agent,) = eventually_sync(client.agents, within_seconds=30)

    well = examine(up, status=0)

    subjects = ["server", "dependencies", "clock", "token", "history"]
    subjects += ["versions", "agents", "queues", "fit"]
    assert list(well) == [(subject, "ok") for subject in subjects]
    assert "may do what admin may" in well["token", "ok"]

    client.drain_agent(agent.id)
    client.apply_job_definition("{name: a, image: i:1, command: [x]}")
    client.put_client({"name": "acme"})
    client.submit("a", client="acme")
    eventually_sync(lambda: client.queues().queues, within_seconds=10)
    ill = examine(up, status=1)

    assert "no agent takes work" in ill["agents", "wrong"]
    assert "1 runs wait" in ill["queues", "wrong"]
    assert "no agent fits a:" in ill["fit", "note"]

    (tmp_path / "other.token").write_text("mlm_unknown")
    stranger = examine(up, before=("--token-file", str(tmp_path / "other.token")), status=1)

    assert stranger["token", "wrong"].startswith("the token is unknown or has expired; ")
    assert ("server", "ok") in stranger


def test_doctor_runs_a_job_as_a_trial_from_its_submission_to_its_log(up: Up) -> None:
    up.start()
    client = up.client()
    eventually_sync(client.agents, within_seconds=30)
    client.put_client({"name": "acme"})
    for name, command in (("well", "echo hello"), ("ill", "exit 3"), ("long", "sleep 300")):
        client.apply_job_definition(
            {"name": name, "image": "i:1", "command": ["sh", "-c", command]}
        )

    well = examine(up, "--job", "well", "--client", "acme", status=0)
    ill = examine(up, "--job", "ill", "--client", "acme", status=1)
    late = examine(up, "--job", "long", "--client", "acme", "--timeout", "0.5", status=1)
    refused = examine(up, "--job", "well", "--client", "acne", status=1)

    assert "well for acme succeeded on" in well["run", "ok"]
    assert well["log", "ok"] == "its 6 bytes are there"
    assert "ill for acme failed: " in ill["run", "wrong"]
    assert "3" in ill["run", "wrong"]
    assert "after 0.5 s" in late["run", "wrong"]
    assert "it is cancelled" in late["run", "note"]
    (run,) = client.list_runs(job="long")
    assert client.wait(run, 60).state == "cancelled"
    assert 'did you mean "acme"' in refused["run", "wrong"]
