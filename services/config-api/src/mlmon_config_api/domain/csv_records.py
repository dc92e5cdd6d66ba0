"""Read CSV so that what is wrong in one place costs that row only."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        line: In which it begins, counted from 1.
        cells: Empty when it could not be read.
        fault: Why not, with the line and column; None for a sound one.
    """

    line: int
    cells: Sequence[str] = ()
    fault: str | None = None


def read_records(text: str) -> Iterator[Record]:
    """Yield the rows of a CSV file.

    A quote that is not closed swallows what follows up to the next quote, or the end. It is one
    fault, at the line where it opens, and reading goes on with the line after that one.
    """
    lines = list(io.StringIO(text, newline=""))
    start = 0
    while start < len(lines):
        reader = csv.reader(_lines_from(lines, start), strict=True)
        begun = start
        try:
            for cells in reader:
                yield Record(begun + 1, cells)
                begun = start + reader.line_num
        except csv.Error as error:
            blamed, fault = _blame(lines, begun, start + reader.line_num, error)
            yield Record(blamed + 1, fault=fault)
            start = blamed + 1
        else:
            return


def _lines_from(lines: Sequence[str], start: int) -> Iterator[str]:
    for position in range(start, len(lines)):
        yield lines[position]


def _blame(lines: Sequence[str], begun: int, end: int, error: csv.Error) -> tuple[int, str]:
    """Return the position of the line that is at fault, and what is wrong with it.

    Args:
        lines: Of the file.
        begun: Where the row begins.
        end: After the last line that was read of it.
        error: Of the library; it names no place.
    """
    opened: tuple[int, int] | None = None
    closed = False
    at_start = True
    for number in range(begun, min(end, len(lines))):
        for column, character in enumerate(lines[number].rstrip("\r\n")):
            if opened is not None and not closed:
                closed = character == '"'
            elif closed and character == '"':
                closed = False  # doubled: a quote in the text
            elif character == ",":
                opened, closed, at_start = None, False, True
            elif closed and opened is not None:
                return _explain_junk(opened, (number, column))
            elif at_start and character == '"':
                opened, at_start = (number, column), False
            else:
                at_start = False
        if opened is None or closed:
            opened, closed, at_start = None, False, True
    if opened is not None:
        return opened[0], f"{_place(*opened)}: the quote that opens here is not closed"
    return begun, f"line {begun + 1}: not CSV: {error}"


def _explain_junk(opened: tuple[int, int], junk: tuple[int, int]) -> tuple[int, str]:
    """Return what a text after a closing quote means: that one was not doubled, or not closed."""
    if opened[0] == junk[0]:
        return junk[0], f'{_place(*junk)}: text after a closing quote; write "" for a quote in it'
    return opened[0], (
        f"{_place(*opened)}: the quote that opens here is not closed before the next one, "
        f"in line {junk[0] + 1}"
    )


def _place(number: int, column: int) -> str:
    return f"line {number + 1}, character {column + 1}"
