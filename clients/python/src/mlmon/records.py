"""Rows with the same columns, which data frames are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, overload

from mlmon.cli.texts import plain
from mlmon.errors import MissingPackageError
from mlmon.html import table_html
from mlmon_shared.wire.runs import RunDocument

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_ROWS_SHOWN: Final = 50
_GAP: Final = "  "


class Records(Sequence[dict[str, Any]]):
    """Rows, in order; each is a dict with every column, and None where it has no value.

    Args:
        rows: Their keys become columns, in the order in which they are first met.
        columns: Stand before those; they are there even if no row has them.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
        given = list(rows)
        names = dict.fromkeys(columns)
        for row in given:
            names |= dict.fromkeys(row)
        self.columns = list(names)
        self._rows = [{name: row.get(name) for name in self.columns} for row in given]

    @classmethod
    def of_runs(cls, runs: Iterable[RunDocument]) -> Self:
        """Return a row a run.

        Its facts are columns of their own; its parameters and metrics become `params.<name>`
        and `metrics.<name>`.
        """
        rows = [_run_row(run) for run in runs]
        names = sorted({name for row in rows for name in row})
        params = [name for name in names if name.startswith("params.")]
        metrics = [name for name in names if name.startswith("metrics.")]
        return cls(rows, [*_FACTS, *params, *metrics])

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> list[Any]:
        """Return the values of a column, a row each.

        Raises:
            KeyError: There is no such column.
        """
        if name not in self.columns:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(self.columns)}")
        return [row[name] for row in self._rows]

    def cells(self) -> list[list[str]]:
        """Return the rows as tables show them: numbers with six digits, None as nothing."""
        return [[_shown(value) for value in row.values()] for row in self._rows]

    def to_pandas(self) -> "pd.DataFrame":
        """Return a pandas data frame.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - optional
        except ImportError as error:
            raise MissingPackageError.of("pandas") from error
        return pd.DataFrame(self._rows, columns=self.columns)

    def to_polars(self) -> "pl.DataFrame":
        """Return a polars data frame.

        Raises:
            MissingPackageError: polars is not installed.
        """
        try:
            import polars as pl  # noqa: PLC0415 - optional
        except ImportError as error:
            raise MissingPackageError.of("polars") from error
        columns = {name: self.column(name) for name in self.columns}
        return pl.DataFrame(columns, strict=False)

    def __str__(self) -> str:
        lines = [self.columns, *self._shown_rows()]
        cells = [[plain(cell) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        text = [
            _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        ]
        return "\n".join([*text, *([self._note] if self._note else [])])

    def __repr__(self) -> str:
        return f"<Records: {len(self)} rows, columns {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        return table_html(self.columns, self._shown_rows(), self._note)

    def _shown_rows(self) -> list[list[str]]:
        return self.cells()[:_ROWS_SHOWN]

    @property
    def _note(self) -> str:
        hidden = len(self) - _ROWS_SHOWN
        return f"and {hidden} more rows" if hidden > 0 else ""


_FACTS: Final = (
    "run",
    "key",
    "job",
    "version",
    "client",
    "state",
    "cause",
    "exit_code",
    "attempts",
    "queue_seconds",
    "run_seconds",
)


def _run_row(run: RunDocument) -> dict[str, Any]:
    return {
        "run": run.id,
        "key": run.key,
        "job": run.job,
        "version": run.version,
        "client": run.client,
        "state": run.state.value,
        "cause": None if run.cause is None else run.cause.value,
        "exit_code": run.exit_code,
        "attempts": run.attempt,
        "queue_seconds": run.queue_seconds,
        "run_seconds": run.run_seconds,
        **{f"params.{name}": value for name, value in run.params.items()},
        **{f"metrics.{name}": value for name, value in run.metrics.items()},
    }


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
