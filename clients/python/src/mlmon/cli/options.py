"""Options that several commands have, and how their values are read."""

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlmon.cli.documents import read_one


class OutputFormat(StrEnum):
    """A table for people, cut to the terminal or not; or the API's document for programs."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"

    @property
    def is_document(self) -> bool:
        """Whether the API's document is wanted."""
        return self in {OutputFormat.JSON, OutputFormat.YAML}


Output = Annotated[
    OutputFormat, typer.Option("--output", "-o", help="wide: a table not cut to the terminal.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", help="Where the page before ended (next_cursor).")
]
IfMatch = Annotated[
    str | None,
    typer.Option(
        "--if-match",
        metavar="ETAG",
        help="Change nothing unless it is as it was read: the etag that get -o json shows.",
    ),
]
LabelOptions = Annotated[
    list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="May be repeated.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="Id of a batch.")]
WaitTimeout = Annotated[
    float | None, typer.Option("--timeout", min=0, help="Seconds; then exit status 1.")
]


def parse_params(given: Iterable[str], file: Path | None = None) -> dict[str, Any]:
    """Return parameters: those of the file, then `name=value` ones over them.

    A value that is JSON is taken as such (`month=11`, `months=[1,2]`), anything else as text.

    Raises:
        typer.BadParameter: One has no name, or the file holds no mapping.
    """
    params: dict[str, Any] = {}
    if file is not None:
        found = read_one(file)
        if not isinstance(found, dict):
            raise typer.BadParameter(f"{file} must hold names and values")
        params.update(found)
    for option in given:
        name, value = _split(option, "-p")
        try:
            params[name] = json.loads(value, parse_constant=_refuse_constant)
        except ValueError:
            params[name] = value
        except RecursionError as error:
            raise typer.BadParameter(f"{name} is nested too deeply", param_hint="-p") from error
    try:
        json.dumps(params, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter("a parameter is not text in UTF-8", param_hint="-p") from error
    return params


def parse_labels(given: Iterable[str], *, of: str = "--label") -> dict[str, str]:
    """Return `key=value` options as labels.

    Args:
        given: As written.
        of: The option, for messages.

    Raises:
        typer.BadParameter: One has no key or no `=`.
    """
    return dict(_split(option, of) for option in given)


def _split(option: str, of: str) -> tuple[str, str]:
    name, separator, value = option.partition("=")
    if not name or not separator:
        raise typer.BadParameter(f'"{option}" is not NAME=VALUE', param_hint=of)
    return name, value


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
