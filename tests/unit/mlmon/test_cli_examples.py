"""The examples below each command's help."""

import shlex
from pathlib import Path

import pytest
import typer

from mlmon.cli.examples import EXAMPLES
from mlmon.cli.main import app

COMMANDS = typer.main.get_command(app)


@pytest.mark.parametrize(
    "example", [line for lines in EXAMPLES.values() for line in lines], ids=str
)
def test_an_example_is_what_its_command_takes(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("clients.csv", "password.txt"):
        (tmp_path / name).touch()
    program, *words = shlex.split(example.partition(" < ")[0].partition(" > ")[0])
    command, path = COMMANDS, ""
    while hasattr(command, "commands"):
        path = f"{path} {words[0]}".strip()
        command = command.commands[words.pop(0)]

    assert program == "mlmon"
    assert example in EXAMPLES[path]
    command.make_context(path, words)
    assert command.epilog is not None
    assert example in command.epilog.split("\n\n")
