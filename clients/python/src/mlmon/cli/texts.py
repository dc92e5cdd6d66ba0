"""Text for terminals: neutralised user text, durations, sizes and ages."""

import re
from datetime import datetime
from typing import Final

from mlmon_shared.wire.catalog import Quotas

# C0 and C1 controls, line separators, halves of characters, and what reorders text.
_UNSAFE: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069"
    "\\ud800-\\udfff]"
)
_UNSAFE_IN_JSON: Final = re.compile(
    _UNSAFE.pattern.replace("\\x00-\\x1f", "\\x00-\\x09\\x0b-\\x1f")
)
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_KIBI: Final = 1024


def plain(value: object) -> str:
    """Return text of somebody else's as one line that cannot steer a terminal.

    White space becomes a space; any other control character is shown as its escape.
    """
    return _UNSAFE.sub(_shown, "" if value is None else str(value))


def plain_json(document: str) -> str:
    """Return the same JSON document with every control character escaped."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def is_plain(document: str) -> bool:
    """Tell whether lines of text hold nothing that can steer a terminal."""
    return _UNSAFE_IN_JSON.search(document) is None


def duration(seconds: float | None) -> str:
    """Return seconds as `12 s`, `3 min 05 s`, `2 h 07 min` or `3 d 04 h`; empty for None."""
    if seconds is None:
        return ""
    whole = int(max(seconds, 0))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR:02} h"


def size(number: int | None) -> str:
    """Return bytes as `512 B`, `1.5 KiB`, `3.0 GiB`; empty for None."""
    if number is None:
        return ""
    if number < _KIBI:
        return f"{number} B"
    amount = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= _KIBI
        if amount < _KIBI:
            return f"{amount:.1f} {unit}"
    return f"{amount / _KIBI:.1f} TiB"


def moment(at: datetime | None) -> str:
    """Return a time in UTC to the second; empty for None."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%SZ")


def labels(values: dict[str, str]) -> str:
    """Return labels as `a=1 b=2`."""
    return " ".join(f"{name}={value}" for name, value in sorted(values.items()))


def quotas_of(quotas: Quotas) -> str:
    """Return what a client may have at once as `runs=20 cpu=64 memory=256.0 GiB`."""
    shown = quotas.model_dump(exclude_none=True)
    if quotas.memory is not None:
        shown["memory"] = size(quotas.memory)
    return " ".join(
        f"{name}={amount:g}" if isinstance(amount, float) else f"{name}={amount}"
        for name, amount in shown.items()
    )


def percentage(share: float | None) -> str:
    """Return 0.42 as `42 %`; empty for None."""
    return "" if share is None else f"{share:.0%}".replace("%", " %")


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0].isspace():
        return " "
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - two digits
