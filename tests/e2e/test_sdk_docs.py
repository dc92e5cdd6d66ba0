"""The examples of docs/sdk.md do what it says, on a server of `mlmon up`."""

import re
import subprocess
import sys
from pathlib import Path

from .conftest import Up

DOCUMENT = Path(__file__).parents[2] / "docs" / "sdk.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_examples_print_what_the_document_shows(up: Up, tmp_path: Path) -> None:
    blocks = BLOCK.findall(DOCUMENT.read_text())
    programs = [text for kind, text in blocks if kind == "python"]
    shown = [text for kind, text in blocks if kind == "text"]
    assert [kind for kind, _ in blocks] == ["python", "text"] * len(programs)
    up.start()

    done = subprocess.run(
        # One program, so that an example may use the names of those above it.
        [sys.executable, "-W", "error", "-c", "\n".join(programs)],
        cwd=tmp_path,
        env=up.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("".join(shown), "")
