"""The examples below each command's help."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from mlmon.cli.examples import EXAMPLES
from mlmon.cli.main import app, main

COMMANDS = typer.main.get_command(app)


@pytest.mark.parametrize(
    "example", [line for lines in EXAMPLES.values() for line in lines], ids=str
)
def test_an_example_is_what_its_command_takes(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("clients.csv", "password.txt", "job.yaml"):
        (tmp_path / name).touch()
    program, *words = shlex.split(example.partition(" < ")[0].partition(" > ")[0])
    command: Any = COMMANDS
    path = ""
    while words and words[0].startswith("--"):
        del words[:2]  # before the command, each global option has a value
    while hasattr(command, "commands"):
        path = f"{path} {words[0]}".strip()
        # Not from `commands`: plug-ins are loaded when they are asked for.
        command = command.get_command(None, words.pop(0))

    assert program == "mlmon"
    assert example in EXAMPLES[path]
    command.make_context(path, words)
    assert command.epilog is not None
    assert example in command.epilog.split("\n\n")


@pytest.mark.parametrize("command", ["run-local", "up", "demo"])
def test_help_of_a_plug_in_ends_with_its_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, "--help"])

    assert EXAMPLES[command][0] in capsys.readouterr().out
