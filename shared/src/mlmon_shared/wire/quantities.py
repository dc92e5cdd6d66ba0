"""Sizes ("8Gi"), durations ("90s") and cores, as people write them in definitions."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DECIMAL: Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SIZE_UNITS: Final = _DECIMAL | _BINARY
_SIZE: Final = re.compile(r"^(\d+(?:\.\d+)?)([A-Za-z]*)$")
_DURATION_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_NUMBER: Final = re.compile(r"^\d+(\.\d+)?$")
MAXIMUM_BYTES: Final = 2**60
MAXIMUM_SECONDS: Final = 365 * 86400.0


def parse_size(value: Any) -> int:  # noqa: ANN401 - whatever stands in the user's file
    """Return a size in bytes from a number of bytes or text such as "8Gi" or "500M".

    Raises:
        PydanticCustomError: It is no size; the message suggests the nearest ones.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number, unit = float(value), ""
    else:
        match = _SIZE.match(value.strip()) if isinstance(value, str) else None
        if match is None or match[2] not in _SIZE_UNITS:
            raise PydanticCustomError(
                "size", "{shown} is not a size{hint}", {"shown": _show(value), "hint": _hint(match)}
            )
        number, unit = float(match[1]), match[2]
    size = int(number * _SIZE_UNITS[unit])
    if not 0 <= size <= MAXIMUM_BYTES:
        raise PydanticCustomError("size", "a size lies between 0 and 1 EiB", {})
    return size


def parse_duration(value: Any) -> float:  # noqa: ANN401 - whatever stands in the user's file
    """Return seconds from a number of seconds or text such as "90s", "2h" or "1h30m".

    Raises:
        PydanticCustomError: It is no duration.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        text = value.strip() if isinstance(value, str) else ""
        parts = [(text, "s")] if _NUMBER.match(text) else _DURATION_PART.findall(text)
        written = "".join(number + unit for number, unit in parts)
        if written not in {text, f"{text}s"} or not parts:
            raise PydanticCustomError(
                "duration",
                '{shown} is not a duration; write seconds, or text such as "90s", "20m" or "2h"',
                {"shown": _show(value)},
            )
        seconds = sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts)
    if not 0 <= seconds <= MAXIMUM_SECONDS:
        raise PydanticCustomError("duration", "a duration lies between 0 and 365 days", {})
    return seconds


def readable_size(count: int | None) -> str:
    """Return a count of bytes for people."""
    size = float(count or 0)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - the step between binary units
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"


def _show(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _hint(match: re.Match[str] | None) -> str:
    if match is None:
        return '; write bytes, or text such as "500M" or "8Gi"'
    letter = match[2][:1].upper().replace("K", "k")
    units = [unit for unit in (letter, f"{match[2][:1].upper()}i") if unit in _SIZE_UNITS]
    if not letter or not units:
        return f"; the units are {', '.join(unit for unit in _SIZE_UNITS if unit)}"
    return "; did you mean " + " or ".join(f'"{match[1]}{unit}"' for unit in units) + "?"


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^\\d+(\\.\\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$"},
            ],
            "description": "Bytes, or text such as 500M or 8Gi.",
        }
    ),
]
Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h|d)?)+$"},
            ],
            "description": "Seconds, or text such as 90s, 20m or 2h.",
        }
    ),
]
