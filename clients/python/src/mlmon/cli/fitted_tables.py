"""Tables that stay readable on a narrow terminal: what does not fit is left out, and named."""

from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

_NARROWEST: Final = 24
"""No column is folded to less than this many characters."""
_GAP: Final = 2


class FittedTable(Table):
    """A table without lines, of columns whose cells are all `Text`.

    When it is too wide, empty columns are left out, then those at the right that would have to be
    folded into columns of a few letters; a line below says which, and that `-o wide` has them.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it in the width that there is."""
        kept = [*self.columns]
        if _width(kept, fold=False) > options.max_width:
            kept = [column for column in kept if column is kept[0] or _has_text(column)]
            filled = [*kept]
            while len(kept) > 1 and _width(kept, fold=True) > options.max_width:
                kept.pop()
            left_out = ", ".join(map(_head, filled[len(kept) :]))
            yield from _table_of(kept).__rich_console__(console, options)
            if left_out:
                note = Text(f"not shown: {left_out} (-o wide)", style="bright_black")
                yield from console.render(note, options)
            return
        yield from super().__rich_console__(console, options)


def _table_of(columns: list[Column]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        fits = number == 0 or _length(column) <= _NARROWEST
        table.add_column(
            column.header,
            no_wrap=fits,
            min_width=None if number == 0 else min(_length(column), _NARROWEST),
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def _width(columns: list[Column], *, fold: bool) -> int:
    lengths = [_length(column) for column in columns]
    if fold:
        lengths[1:] = [min(length, _NARROWEST) for length in lengths[1:]]
    return sum(lengths) + _GAP * (len(lengths) - 1)


def _length(column: Column) -> int:
    texts = (each for each in column.cells if isinstance(each, Text))
    return max(len(_head(column)), *(text.cell_len for text in texts), 0)


def _has_text(column: Column) -> bool:
    return any(isinstance(each, Text) and each.plain for each in column.cells)


def _head(column: Column) -> str:
    return str(column.header)
