"""Cursors of lists of attempts, which are ordered by run and number."""

from mlmon_shared.cursors import decode_cursor, malformed_cursor


def decode_attempt_cursor(cursor: str) -> tuple[str, int]:
    """Return run id and number of the attempt that the cursor stands for.

    Raises:
        InvalidRequestError: It is not a cursor of ours.
    """
    run_id, _, number = decode_cursor(cursor).rpartition(".")
    if not run_id or not (number.isascii() and number.isdecimal()) or len(number) > 9:  # noqa: PLR2004 - as in events
        raise malformed_cursor()
    return run_id, int(number)
