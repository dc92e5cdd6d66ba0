import os
import signal
import socket
from pathlib import Path

import httpx

from mlmon_shared.testing.polling import eventually_sync
from tests.e2e.conftest import Up

DEFINITION = """
name: hello
image: debian:12
command: [sh, -c, 'echo "hello {{ params.name }}"; echo "$MLMON_CLIENT" > "$MLMON_OUT/who.txt"']
parameters:
  type: object
  properties: {name: {type: string, default: world}}
resources: {cpu: 0.5, memory: 64Mi}
outputs: [{path: who.txt}]
"""


def test_definition_is_applied_run_followed_and_fetched_over_plain_http(shared_up: Up):
    http = httpx.Client(
        base_url=shared_up.url, headers={"Authorization": f"Bearer {shared_up.token}"}
    )
    with http:
        applied = http.post(
            "/v1/job-definitions",
            content=DEFINITION,
            headers={"Content-Type": "application/yaml"},
        )
        http.put("/v1/clients/acme", json={"name": "acme"}).raise_for_status()
        run = http.post(
            "/v1/runs", json={"job": "hello", "client": "acme", "params": {"name": "MLMon"}}
        )
        log = http.get(f"/v1/runs/{run.json()['id']}/logs", params={"follow": "true"}, timeout=30)
        ended = http.get(f"/v1/runs/{run.json()['id']}/wait").json()
        artifact = http.get(f"/v1/runs/{run.json()['id']}/artifacts/who.txt")

    assert (applied.status_code, run.status_code) == (201, 202)
    assert log.text == "hello MLMon\n"
    assert (ended["state"], ended["exit_code"]) == ("succeeded", 0)
    assert artifact.text == "acme\n"


def test_same_by_the_command_line(shared_up: Up, tmp_path: Path):
    definition = tmp_path / "hello.yaml"
    definition.write_text(DEFINITION.replace("name: hello", "name: hello-cli", 1))

    shared_up.mlmon("apply", "-f", str(definition))
    shared_up.mlmon("clients", "put", "acme")
    submission = ("submit", "hello-cli", "--client", "acme", "-p", "name=CLI", "--wait")
    run_id = shared_up.mlmon(*submission).split()[0]

    assert shared_up.mlmon("logs", run_id) == "hello CLI\n"
    assert shared_up.mlmon("artifacts", "get", run_id, "who.txt", "-o", "-") == "acme\n"
    assert "succeeded" in shared_up.mlmon("runs", "list")
    assert "unchanged" in shared_up.mlmon("apply", "-f", str(definition))


RESUMED = """
name: resumed
image: debian:12
command:
- sh
- -c
- 'set -e; step=$(cat "$MLMON_IN/checkpoint/step" 2>/dev/null || echo 0);
  echo "from $step"; test "$step" != 2 || exec cp "$MLMON_IN/checkpoint/step" "$MLMON_OUT/last";
  echo $((step + 1)) > "$MLMON_OUT/step"; exit 75'
resources: {cpu: 0.5, memory: 64Mi}
outputs: [{path: step, kind: checkpoint}, {path: last}]
retries: {user: 2, rules: [{exit_codes: [75], action: retry, backoff: 0}]}
"""


def test_attempts_go_on_from_the_checkpoint_of_the_one_before(shared_up: Up, tmp_path: Path):
    definition = tmp_path / "resumed.yaml"
    definition.write_text(RESUMED)
    shared_up.mlmon("apply", "-f", str(definition))
    shared_up.mlmon("clients", "put", "acme")

    run_id = shared_up.mlmon("submit", "resumed", "--client", "acme", "--wait").split()[0]

    assert shared_up.mlmon("logs", run_id) == "from 2\n"
    assert shared_up.mlmon("artifacts", "get", run_id, "last", "-o", "-") == "2\n"


def test_interrupt_stops_everything_and_leaves_nothing_behind(up: Up):
    up.start()
    assert up.leftovers()

    assert up.stop(signal.SIGINT) == 0

    eventually_sync(lambda: not up.leftovers(), within_seconds=10)
    assert not (up.home / "mlmon" / "standalone.json").exists()


def test_killed_server_takes_its_children_along_and_starts_again(up: Up):
    up.start()
    up.mlmon("clients", "put", "acme")

    assert up.stop(signal.SIGKILL) == -signal.SIGKILL
    eventually_sync(lambda: not up.leftovers(), within_seconds=20)

    up.start()
    assert "acme" in up.mlmon("clients", "list")


def test_second_server_on_the_same_folder_is_refused_in_one_line(shared_up: Up):
    refusal = shared_up.mlmon("up", "--data", str(shared_up.data), "--port", "0", status=2)

    assert refusal.count("\n") == 1
    assert "is using" in refusal


def test_taken_port_is_refused_in_one_line(up: Up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = up.mlmon("up", "--data", str(up.data), "--port", str(port), status=2)

    assert refusal.count("\n") == 1
    assert f"port {port}" in refusal


def test_unusable_data_folder_is_refused_in_one_line(up: Up, tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("in the way")

    refusal = up.mlmon("up", "--data", str(file / "data"), "--port", "0", status=2)

    assert refusal.count("\n") == 1
    assert "data folder" in refusal


def test_bad_submission_is_one_line_and_stores_nothing(shared_up: Up):
    shared_up.mlmon("clients", "put", "careless")

    refusal = shared_up.mlmon("submit", "helo", "--client", "careless", status=2)

    assert refusal.count("\n") == 1
    assert 'no job is named "helo"' in refusal
    assert list(shared_up.client().list_runs(client="careless")) == []


def test_merged_pages_are_served(shared_up: Up):
    pages = ["/openapi.json", "/docs", "/healthz", "/readyz", "/metrics"]
    statuses = {page: httpx.get(shared_up.url + page, timeout=20).status_code for page in pages}

    assert statuses == dict.fromkeys(pages, 200)


def test_each_service_may_be_a_process_of_its_own(up: Up):
    up.options = ["--processes"]
    up.start()
    up.mlmon("clients", "put", "acme")
    file = up.folder / "hello.yaml"
    file.write_text(f"{DEFINITION}secrets: {{TOKEN: token}}\n")
    up.mlmon("secrets", "set", "token", "--from-file", str(file))
    up.mlmon("apply", "-f", str(file))

    up.mlmon("submit", "hello", "--client", "acme", "--wait")

    commands = " ".join(up.leftovers())
    for module in ("mlmon_config_api", "mlmon_scheduler", "mlmon_report_writer"):
        assert module in commands
    assert up.stop() == 0


def test_service_process_that_dies_is_started_again(up: Up):
    up.options = ["--processes"]
    up.start()
    (pid,) = up.find_processes("mlmon_standalone.with_parent mlmon_scheduler")

    os.kill(pid, signal.SIGKILL)

    eventually_sync(
        lambda: set(up.find_processes("mlmon_standalone.with_parent mlmon_scheduler")) - {pid},
        within_seconds=20,
    )
    eventually_sync(lambda: httpx.get(f"{up.url}/readyz", timeout=10).is_success, within_seconds=30)
    eventually_sync(lambda: "alive" in up.mlmon("agents", "list"), within_seconds=30)
