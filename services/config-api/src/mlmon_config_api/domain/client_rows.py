"""Clients as rows: CSV with a header, or a JSON object in each line."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from mlmon_config_api.domain.csv_records import read_records
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Client, Quotas
from mlmon_shared.wire.validation import summarise, unknown, validate

ROWS_LIMIT: Final = 100_000
FAULTS_LIMIT: Final = 200_000
"""After so many, only the first of each row is told: every bad row is named, whatever happens."""
_COLUMNS: Final = (
    "name",
    "description",
    "weight",
    *(f"quotas.{name}" for name in Quotas.model_fields),
)
_PREFIXES: Final = ("labels.", "parameters.")
_TEXTS: Final = ("name", "description")

_Fault = dict[str, str]


@dataclass(frozen=True)
class Row:
    """One client, as it was written.

    Attributes:
        line: In which it begins, counted from 1.
        content: The document; None for a row that could not be read.
        fault: Why not, with its place.
        columns: Of a CSV file, by the field's pointer in the document: `2 (weight)`.
    """

    line: int
    content: object = None
    fault: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """The rows of a file.

    Attributes:
        rows: Without the empty ones.
        faults: Of the header.
    """

    rows: Sequence[Row]
    faults: Sequence[_Fault] = ()


def read_csv(text: str) -> Table:
    """Return the rows of a CSV file as documents of clients; empty cells are left out.

    The header names the columns: `name`, `description`, `weight`, `quotas.runs`, `.cpu`, `.memory`
    and `.gpus`, `labels.<key>` and `parameters.<name>`. A parameter that is JSON is taken as such.
    Cells of columns that are wrong are left out too.
    """
    records = read_records(text.removeprefix("\ufeff"))
    first = next(records, None)
    if first is not None and first.fault is not None:
        return Table([], [_fault("", first.fault)])
    header = [name.strip() for name in first.cells] if first is not None else []
    faults = _header_faults(header)
    if "name" not in header:
        # Without it, each row would have the same fault once more.
        return Table([], faults)
    known = [
        name if _is_column(name) and name not in header[:position] else None
        for position, name in enumerate(header)
    ]
    columns = {
        _pointer_of(name): f"{position} ({name})"
        for position, name in enumerate(known, 1)
        if name is not None
    }
    rows = []
    for record in records:
        if record.fault is not None:
            rows.append(Row(record.line, fault=record.fault))
        elif len(record.cells) > len(header):
            fault = f"line {record.line}: {len(record.cells)} cells for {len(header)} columns"
            rows.append(Row(record.line, fault=fault))
        elif any(cell.strip() for cell in record.cells):
            rows.append(Row(record.line, _document(known, record.cells), columns=columns))
    return Table(rows, faults)


def read_lines(text: str) -> Table:
    """Return the lines of a JSON Lines file; empty ones are left out."""
    lines = enumerate(text.split("\n"), 1)
    return Table([_decode(number, line) for number, line in lines if line.strip()])


def check_rows(table: Table) -> list[Client]:
    """Return the clients that the rows hold.

    Raises:
        InvalidRequestError: With every row that is wrong, by its line and column.
    """
    if len(table.rows) > ROWS_LIMIT:
        raise InvalidRequestError.at("", f"{len(table.rows)} rows; at most {ROWS_LIMIT} at once")
    faults = list(table.faults)
    count = len(faults)
    clients: list[Client] = []
    lines: dict[str, int] = {}
    for place, row in enumerate(table.rows):
        found = _check_row(row, place, clients, lines)
        count += len(found)
        faults += found if count <= FAULTS_LIMIT else found[:1]
    if not table.rows and not faults:
        raise InvalidRequestError.at("", "there is no row")
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults, fault_count=count)
    return clients


def _check_row(row: Row, place: int, clients: list[Client], lines: dict[str, int]) -> list[_Fault]:
    """Add the client of a row; return what is wrong with it."""
    if row.fault is not None:
        return [_fault(f"/{place}", row.fault)]
    at = f"/{place}"
    if (unstorable := _find_unstorable(row.content)) is not None:
        return [_fault(at, f"line {row.line}: {unstorable}")]
    try:
        client = validate(Client, row.content, at=at)
    except InvalidRequestError as error:
        return [
            _fault(each["pointer"], f"{_place(row, each['pointer'], at)}: {each['detail']}")
            for each in error.errors
        ]
    clients.append(client)
    if client.name in lines:
        pointer = f"{at}/name"
        detail = f'"{client.name}" stands in line {lines[client.name]} already'
        return [_fault(pointer, f"{_place(row, pointer, at)}: {detail}")]
    lines[client.name] = row.line
    return []


def _place(row: Row, pointer: str, at: str) -> str:
    column = row.columns.get(pointer.removeprefix(at))
    return f"line {row.line}, column {column}" if column is not None else f"line {row.line}"


def _fault(pointer: str, detail: str) -> _Fault:
    return {"pointer": pointer, "detail": detail}


def _decode(number: int, line: str) -> Row:
    try:
        return Row(number, _load(line))
    except json.JSONDecodeError as error:
        why = f"line {number}, character {error.colno}: not JSON: {error.msg}"
    except (ValueError, RecursionError) as error:
        why = f"line {number}: not JSON: {error}"
    return Row(number, fault=why)


def _header_faults(header: Sequence[str]) -> list[_Fault]:
    faults = []
    known = [*_COLUMNS, *(f"{prefix}<name>" for prefix in _PREFIXES)]
    for position, name in enumerate(header):
        place = f"line 1, column {position + 1}"
        if name in header[:position]:
            faults.append(_fault("", f'{place}: the column "{name}" stands twice'))
        elif not _is_column(name):
            faults.append(_fault("", f"{place}: {unknown('column', name, known)}"))
    if "name" not in header:
        faults.append(_fault("", "line 1: the header needs the column name"))
    return faults


def _is_column(name: str) -> bool:
    return name in _COLUMNS or name.startswith(_PREFIXES)


def _pointer_of(column: str) -> str:
    group, dot, key = column.partition(".")
    escaped = key.replace("~", "~0").replace("/", "~1")
    return f"/{group}/{escaped}" if dot else f"/{group}"


def _document(header: Sequence[str | None], cells: Sequence[str]) -> object:
    found: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        text = cell.strip()
        if name is None or not text:
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
        return _load(text)
    except (ValueError, RecursionError):
        return text


def _load(text: str) -> object:
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _find_unstorable(content: object) -> str | None:
    """Return what is wrong with a text that no database takes."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if any(each == "\0" or "\ud800" <= each <= "\udfff" for each in value):
                return "a text holds a NUL or half a character"
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
    return None
