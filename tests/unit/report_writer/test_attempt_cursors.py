import pytest

from mlmon_report_writer.application.attempt_cursors import decode_attempt_cursor
from mlmon_shared.cursors import encode_cursor
from mlmon_shared.errors import InvalidRequestError


def test_attempt_cursor_stands_for_run_and_number() -> None:
    assert decode_attempt_cursor(encode_cursor("run-1.12")) == ("run-1", 12)


@pytest.mark.parametrize("last_id", ["run-1", ".1", "run-1.x", "run-1." + "9" * 20])
def test_cursor_of_something_else_is_no_attempt_cursor(last_id: str) -> None:
    with pytest.raises(InvalidRequestError):
        decode_attempt_cursor(encode_cursor(last_id))
