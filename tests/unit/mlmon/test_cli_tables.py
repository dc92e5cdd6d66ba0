from io import StringIO

import pytest
from rich.console import Console

from mlmon.cli.tables import table_of, write_marked
from tests.unit.mlmon.terminals import written_to_terminal

HEADS = ("RUN", "JOB", "PROGRESS", "CREATED", "REASON")
ROWS = [("r" * 36, "hello", "", "2026-11-28 22:20:00Z", "The command ended with exit code 1.")]


def shown(width: int, *, is_whole: bool = False) -> list[str]:
    console = Console(file=StringIO(), width=width)
    console.print(table_of(HEADS, ROWS, is_whole=is_whole), crop=False)
    written = console.file
    assert isinstance(written, StringIO)
    return [line.rstrip() for line in written.getvalue().splitlines()]


def test_a_table_that_fits_has_every_column() -> None:
    heads, row = shown(200)

    assert heads.split() == list(HEADS)
    assert row.endswith(ROWS[0][-1])


def test_empty_columns_go_first_and_the_text_is_folded() -> None:
    heads, first, second = shown(92)

    assert heads.split() == ["RUN", "JOB", "CREATED", "REASON"]
    assert first.endswith("The command ended with")
    assert second.strip() == "exit code 1."


def test_what_does_not_fit_is_left_out_from_the_right_and_named() -> None:
    assert shown(70) == [
        f"{'RUN':36}  JOB    CREATED",
        f"{'r' * 36}  hello  2026-11-28 22:20:00Z",
        "not shown: REASON (-o wide)",
    ]
    assert shown(50)[-1] == "not shown: CREATED, REASON (-o wide)"


def test_the_first_column_stays_whatever_the_width() -> None:
    assert shown(36)[1] == "r" * 36


def test_a_whole_table_is_folded_instead() -> None:
    heads, *_ = shown(80, is_whole=True)

    assert "REASON" in heads


def test_a_plan_is_coloured_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("+ job a", "~ job b", "- job\x1b c", "= job d [red]")

    write_marked(*lines, indent="  ")
    assert capsys.readouterr().out == ("  + job a\n  ~ job b\n  - job\\x1b c\n  = job d [red]\n")

    green, yellow, red, plain = written_to_terminal(
        "stdout", lambda: write_marked(*lines)
    ).splitlines()
    assert green.startswith("\x1b[32m+ job a")
    assert yellow.startswith("\x1b[33m~ job b")
    assert red.startswith("\x1b[31m- job\\x1b c")
    assert plain == "= job d [red]"
