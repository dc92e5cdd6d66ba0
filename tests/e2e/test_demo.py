import json
import subprocess

import pytest

from mlmon_shared.testing.polling import eventually_sync
from tests.e2e.conftest import MLMON, Up


# It takes a minute or two; beside other tests, longer.
@pytest.mark.timeout(400)
def test_demo_ends_with_its_table_and_its_chart(up: Up):
    done = subprocess.run(
        [MLMON, "demo", "--data", str(up.data)],
        env=up.environment | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=360,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "OO: delay-train failed (user_error, exit code 64)" in done.stdout
    assert "OO: delay-score skipped" in done.stdout
    assert "1 failed, 1 skipped, 31 succeeded" in done.stdout
    assert (up.data / "flight-delays.png").read_bytes().startswith(b"\x89PNG")
    assert done.stderr == ""
    eventually_sync(lambda: not up.leftovers(), within_seconds=10)
    _check_that_up_opens_the_same_data(up)


def _check_that_up_opens_the_same_data(up: Up) -> None:
    up.start()
    (batch,) = json.loads(up.mlmon("batches", "list", "-o", "json"))["items"]

    assert (batch["name"], batch["outcome"], batch["total"]) == ("flight-delays", "failed", 33)
