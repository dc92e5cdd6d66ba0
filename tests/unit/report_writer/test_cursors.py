import pytest

from mlmon_report_writer.application.cursors import (
    decode_attempt_cursor,
    decode_cursor,
    encode_cursor,
)
from mlmon_shared.errors import InvalidRequestError


@pytest.mark.parametrize("last_id", ["a", "ab", "abc", "0199-ü", "run.3"])
def test_cursor_stands_for_the_last_id(last_id: str) -> None:
    assert decode_cursor(encode_cursor(last_id)) == last_id


@pytest.mark.parametrize("cursor", ["", "=", "a", "ä", "****", "_w"])
def test_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequestError):
        decode_cursor(cursor)


def test_attempt_cursor_stands_for_run_and_number() -> None:
    assert decode_attempt_cursor(encode_cursor("run-1.12")) == ("run-1", 12)


@pytest.mark.parametrize("last_id", ["run-1", ".1", "run-1.x", "run-1." + "9" * 20])
def test_cursor_of_something_else_is_no_attempt_cursor(last_id: str) -> None:
    with pytest.raises(InvalidRequestError):
        decode_attempt_cursor(encode_cursor(last_id))
