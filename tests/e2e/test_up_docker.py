"""`mlmon up` where a container engine answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_shared.testing.containers import provide_host_image, require_engine
from tests.e2e.conftest import Up

DEFINITION = """
name: hello
image: {image}
command: [sh, -c, 'echo "hello $MLMON_CLIENT"; echo done > "$MLMON_OUT/said.txt"']
resources: {{cpu: 0.5, memory: 64Mi}}
outputs: [{{path: said.txt}}]
"""


@pytest.fixture
def image() -> Iterator[str]:
    client = require_engine()
    yield provide_host_image(client)
    client.close()


def test_up_takes_the_engine_that_answers_and_says_so(up: Up, image: str, tmp_path: Path):
    definition = tmp_path / "hello.yaml"
    definition.write_text(DEFINITION.format(image=image))
    up.runtime = "auto"
    up.start()
    up.mlmon("apply", "-f", str(definition))
    up.mlmon("clients", "put", "acme")
    run_id = up.mlmon("submit", "hello", "--client", "acme", "--wait").split()[0]

    assert "Attempts run in containers: Docker" in up.log.read_text()
    assert up.mlmon("logs", run_id) == "hello acme\n"
    assert up.mlmon("artifacts", "get", run_id, "said.txt", "-o", "-") == "done\n"
