import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import InvalidRequestError


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True))
def test_cursor_leads_back_to_its_key(key: str) -> None:
    assert decode_cursor(encode_cursor(key)) == key


@given(st.text(max_size=40))
def test_any_other_cursor_is_refused(cursor: str) -> None:
    try:
        key = decode_cursor(cursor)
    except InvalidRequestError:
        return
    assert encode_cursor(key) == cursor


@pytest.mark.parametrize("last_id", ["a", "ab", "abc", "0199-ü", "run.3"])
def test_cursor_stands_for_the_last_id(last_id: str) -> None:
    assert decode_cursor(encode_cursor(last_id)) == last_id


@pytest.mark.parametrize("cursor", ["", "=", "a", "ä", "****", "_w"])
def test_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequestError):
        decode_cursor(cursor)
