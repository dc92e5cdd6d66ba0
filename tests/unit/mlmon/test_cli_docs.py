import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_reference_is_what_the_commands_say_now(tmp_path: Path) -> None:
    made = tmp_path / "reference.md"
    command = [sys.executable, "-m", "typer", "mlmon.cli.main", "utils", "docs", "--name", "mlmon"]
    subprocess.run([*command, "--output", str(made)], check=True, capture_output=True)

    is_same = made.read_text() == REFERENCE.read_text()

    assert is_same, "the command line has changed: run ./run cli-docs"
