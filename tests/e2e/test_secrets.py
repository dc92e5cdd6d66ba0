"""A secret from `mlmon secrets set` to the file that a command reads."""

import hashlib
from pathlib import Path

from tests.e2e.conftest import Up

JOB = """
name: read
image: debian:12
command:
  - sh
  - -c
  - |
    cat "$MLMON_SECRETS/URL"
    echo "; last words: $(cat "$MLMON_SECRETS/URL")" >&2
    sha256sum < "$MLMON_SECRETS/URL" | cut -d ' ' -f 1 > "$MLMON_OUT/digest.txt"
    exit {{ params.status }}
parameters:
  properties: {status: {type: integer, default: 0}}
secrets: {URL: warehouse-url}
resources: {cpu: 0.5, memory: 64Mi}
outputs: [{path: digest.txt}]
"""
FIRST, SECOND = "db://ml:first-hunter2@db", "db://ml:second-hunter2@db"


def test_command_reads_a_secret_that_is_nowhere_else(up: Up, tmp_path: Path) -> None:
    up.start()
    file = tmp_path / "url"
    file.write_text(f"{FIRST}\n")
    up.mlmon("secrets", "set", "warehouse-url", "--from-file", str(file), "--client", "acme")
    client = up.client()
    client.put_client({"name": "acme"})
    client.apply_job_definition(JOB)
    first = client.wait(client.submit("read", client="acme"))
    client.set_secret("warehouse-url", SECOND)
    second = client.wait(client.submit("read", client="acme", params={"status": 3}))
    file = client.download_artifact(first, "digest.txt", to=tmp_path / "digest.txt")
    log = "".join(client.logs(first))

    said = up.mlmon("runs", "get", second.id, "-o", "json") + up.mlmon("audit", "list")
    said += up.mlmon("secrets", "list", "-o", "json") + str(second)
    assert file.read_text().strip() == hashlib.sha256(FIRST.encode()).hexdigest()
    # The end of a secret may begin one once more, so it is kept back and may come after stderr.
    assert log.replace("*", "").strip() == "; last words:"
    assert log.count("*") == 2 * len(FIRST)
    assert f"last words: {'*' * len(SECOND)}" in (second.reason or "")
    assert "hunter2" not in log + said
    up.stop()
    assert [path for path in up.data.rglob("*") if _holds(path, b"hunter2")] == []


def _holds(path: Path, text: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and text in path.read_bytes()
