"""Identifiers whose order is the order of their times.

Both kinds start with 48 bits of milliseconds (RFC 9562), so they sort together:
version 7 is random behind that, version 8 is derived from what it names.
"""

import hashlib
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

import uuid_utils

NewId: TypeAlias = Callable[[], str]

_MILLISECONDS_LIMIT = 1 << 48
_TIMED_VERSIONS = (7, 8)


def new_id() -> str:
    """Return a new identifier (UUIDv7); later ones of this process sort after it."""
    return str(uuid_utils.uuid7())


def derived_id(milliseconds: int, *parts: str) -> str:
    """Return the identifier (UUIDv8) that a time and some names always give.

    Whoever repeats the same work, after a crash or on another replica, gets the same id.

    Args:
        milliseconds: Time since 1970 that the id carries.
        *parts: What it names; ("a", "b") and ("ab",) give different ids.

    Raises:
        ValueError: The time does not fit into 48 bits.
    """
    if not 0 <= milliseconds < _MILLISECONDS_LIMIT:
        raise ValueError(f"{milliseconds} ms is not a time that an id can carry")
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(b"%d:" % len(encoded))
        digest.update(encoded)
    return timed_id(milliseconds, int.from_bytes(digest.digest()[:10]), version=8)


def timed_id(milliseconds: int, payload: int, *, version: int) -> str:
    """Lay out an identifier: 48 bits of time, then the low 74 bits of a payload.

    Args:
        milliseconds: Time since 1970.
        payload: Compared after the time.
        version: The UUID version to state.
    """
    high, low = (payload >> 62) & 0xFFF, payload & ((1 << 62) - 1)
    return str(UUID(int=milliseconds << 80 | version << 76 | high << 64 | 0b10 << 62 | low))


def id_milliseconds(identifier: str) -> int:
    """Return the milliseconds since 1970 that an identifier of ours carries.

    Raises:
        ValueError: It is not a UUID of version 7 or 8.
    """
    parsed = UUID(identifier)
    if parsed.version not in _TIMED_VERSIONS:
        raise ValueError(f"{identifier} carries no time")
    return parsed.int >> 80
