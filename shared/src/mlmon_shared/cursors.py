"""Opaque cursors of lists: where a page ended, so that the next begins behind it."""

import base64
import binascii

from mlmon_shared.errors import InvalidRequestError


def encode_cursor(key: str) -> str:
    """Return the cursor for the page that begins behind this key."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the key that a cursor stands for.

    Raises:
        InvalidRequestError: It is none of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise malformed_cursor() from error
    if not key or not key.isprintable() or encode_cursor(key) != cursor:
        raise malformed_cursor()
    return key


def malformed_cursor() -> InvalidRequestError:
    """Return the error for a cursor that is none of ours, or of another list."""
    return InvalidRequestError.at("", "query cursor: malformed; send next_cursor as it came")
