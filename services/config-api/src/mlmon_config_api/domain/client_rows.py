"""Clients as rows: CSV with a header, or a JSON object in each line."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Client, Quotas
from mlmon_shared.wire.validation import summarise, unknown, validate

ROWS_LIMIT: Final = 100_000
FAULTS_LIMIT: Final = 1000
_COLUMNS: Final = (
    "name",
    "description",
    "weight",
    *(f"quotas.{name}" for name in Quotas.model_fields),
)
_PREFIXES: Final = ("labels.", "parameters.")
_TEXTS: Final = ("name", "description")

Row = tuple[int, object]
"""The line that it begins in, counted from 1, and what it holds."""


def read_csv(text: str) -> list[Row]:
    """Return the rows of a CSV file as documents of clients; empty cells are left out.

    The header names the columns: `name`, `description`, `weight`, `quotas.runs`, `.cpu`, `.memory`
    and `.gpus`, `labels.<key>` and `parameters.<name>`. A parameter that is JSON is taken as such.

    Raises:
        InvalidRequestError: The header is wrong, or it is not CSV.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        rows: list[Row] = []
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, _document(header, cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidRequestError.at("", f"line {reader.line_num}: not CSV: {error}") from error
    return rows


def read_lines(text: str) -> list[Row]:
    """Return the lines of a JSON Lines file; empty ones are left out."""
    return [
        (number, _decode(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()
    ]


def check_rows(rows: Sequence[Row]) -> list[Client]:
    """Return the clients that the rows hold.

    Raises:
        InvalidRequestError: With every row that is wrong, by its line; at most 1,000 faults.
    """
    if not rows:
        raise InvalidRequestError.at("", "there is no row")
    if len(rows) > ROWS_LIMIT:
        raise InvalidRequestError.at("", f"{len(rows)} rows; at most {ROWS_LIMIT} at once")
    faults: list[dict[str, str]] = []
    clients: list[Client] = []
    lines: dict[str, int] = {}
    for place, (line, content) in enumerate(rows):
        try:
            client = _client(content, place)
        except InvalidRequestError as error:
            faults += [
                {**fault, "detail": f"line {line}: {fault['detail']}"} for fault in error.errors
            ]
            continue
        if client.name in lines:
            detail = f'line {line}: "{client.name}" stands in line {lines[client.name]} already'
            faults.append({"pointer": f"/{place}/name", "detail": detail})
        lines.setdefault(client.name, line)
        clients.append(client)
    if faults:
        raise InvalidRequestError(
            summarise(faults), errors=faults[:FAULTS_LIMIT], fault_count=len(faults)
        )
    return clients


def _client(content: object, place: int) -> Client:
    if isinstance(content, _Unreadable):
        raise InvalidRequestError.at(f"/{place}", content.why)
    return validate(Client, content, at=f"/{place}")


class _Unreadable:
    """A row that holds no document.

    Attributes:
        why: For whoever wrote it.
    """

    def __init__(self, why: str) -> None:
        self.why = why


def _decode(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return _Unreadable(f"not JSON: {error}")


def _check_header(header: Sequence[str]) -> None:
    for position, name in enumerate(header):
        if name in header[:position]:
            raise InvalidRequestError.at("", f'line 1: the column "{name}" stands twice')
        if name not in _COLUMNS and not name.startswith(_PREFIXES):
            known = [*_COLUMNS, *(f"{prefix}<name>" for prefix in _PREFIXES)]
            raise InvalidRequestError.at("", f"line 1: {unknown('column', name, known)}")
    if "name" not in header:
        raise InvalidRequestError.at("", "line 1: the header needs the column name")


def _document(header: Sequence[str], cells: Sequence[str]) -> object:
    if len(cells) > len(header):
        return _Unreadable(f"{len(cells)} cells for {len(header)} columns")
    found: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        group, dot, key = name.partition(".")
        value = text if name in _TEXTS or group == "labels" else _value(text)
        if dot:
            found.setdefault(group, {})[key] = value
        else:
            found[name] = value
    return found


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
