"""Opaque cursors: where a page ended, so that the next begins below it."""

import base64
import binascii

from mlmon_shared.errors import InvalidRequestError


def encode_cursor(last_id: str) -> str:
    """Return the cursor of the page whose last item has this id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the id that the cursor stands for.

    Raises:
        InvalidRequestError: It is not a cursor of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise _refusal() from error
    if not found:
        raise _refusal()
    return found


def decode_attempt_cursor(cursor: str) -> tuple[str, int]:
    """Return run id and number of the attempt that the cursor stands for.

    Raises:
        InvalidRequestError: It is not a cursor of ours.
    """
    run_id, _, number = decode_cursor(cursor).rpartition(".")
    if not run_id or not (number.isascii() and number.isdecimal()) or len(number) > 9:  # noqa: PLR2004 - as in events
        raise _refusal()
    return run_id, int(number)


def _refusal() -> InvalidRequestError:
    return InvalidRequestError.at(
        "", "query cursor: not one of ours; pass the next_cursor of the page before"
    )
