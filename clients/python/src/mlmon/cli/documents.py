"""Reading YAML and JSON files that people hand to the command line."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from mlmon.errors import ConfigurationError, InvalidRequestError
from mlmon_shared.wire.validation import summarise
from mlmon_shared.yaml_documents import load_documents

SUFFIXES: Final = (".yaml", ".yml", ".json")
STANDARD_INPUT: Final = Path("-")
_SIZE_LIMIT: Final = 64 * 2**20


@dataclass(frozen=True)
class FileDocument:
    """One document of a file.

    Attributes:
        source: The file's name, for messages.
        stem: The file's name without folder and suffix.
        is_asked_for: The file itself was named, rather than found in a folder.
    """

    source: str
    stem: str
    value: object
    is_asked_for: bool


def read_documents(path: Path, *, is_asked_for: bool = True) -> list[FileDocument]:
    """Return every document in a file; `-` is standard input.

    Raises:
        ConfigurationError: The file cannot be read.
        InvalidRequestError: It is neither YAML nor JSON.
    """
    source = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        is_input = path == STANDARD_INPUT
        content = sys.stdin.buffer.read() if is_input else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {source}: {error.strerror}") from error
    try:
        if path.suffix == ".json":
            values: list[object] = [json.loads(content, parse_constant=_refuse_constant)]
        else:
            values = load_documents(content, size_limit=_SIZE_LIMIT)
    except InvalidRequestError as error:
        raise _unreadable(source, error.detail) from error
    except ValueError as error:
        raise _unreadable(source, f"not JSON: {error}") from error
    except RecursionError as error:
        raise _unreadable(source, "nested too deeply") from error
    return [
        FileDocument(source, path.stem, value, is_asked_for)
        for value in values
        if value is not None
    ]


def read_one(path: Path) -> object:
    """Return the only document in a file.

    Raises:
        ConfigurationError: The file cannot be read.
        InvalidRequestError: It is neither YAML nor JSON, or has not exactly one document.
    """
    found = read_documents(path)
    if len(found) != 1:
        raise InvalidRequestError(f"{path}: one document is expected, there are {len(found)}")
    return found[0].value


def read_all(paths: list[Path]) -> Iterator[FileDocument]:
    """Yield the documents of files, and of the YAML and JSON files right in folders, by name.

    Raises:
        ConfigurationError: A file cannot be read.
        InvalidRequestError: Some are neither YAML nor JSON; at the end, with each of them.
    """
    faults: list[dict[str, str]] = []
    for file, is_asked_for in _list_files(paths):
        try:
            yield from read_documents(file, is_asked_for=is_asked_for)
        except InvalidRequestError as error:
            faults += error.errors
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults)


def _list_files(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if path == STANDARD_INPUT or not path.is_dir():
            yield path, True
            continue
        for file in sorted(path.iterdir()):
            if file.suffix in SUFFIXES and file.is_file():
                yield file, False


def _unreadable(source: str, detail: str) -> InvalidRequestError:
    fault = {"pointer": source, "detail": detail}
    return InvalidRequestError(summarise([fault]), errors=[fault])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is none")
