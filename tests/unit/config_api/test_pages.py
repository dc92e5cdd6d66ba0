import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_config_api.api.pages import cut_page, decode_cursor, encode_cursor
from mlmon_config_api.api.snapshots import read_etags
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


@pytest.mark.parametrize(("found", "items", "has_more"), [("ab", 2, False), ("abc", 2, True)])
def test_page_has_a_cursor_only_when_there_is_more(found: str, items: int, has_more: bool) -> None:
    shown, cursor = cut_page(found, 3, str)

    assert (len(shown), cursor is not None) == (items, has_more)


@pytest.mark.parametrize(
    ("header", "revisions"),
    [("", set()), ('"7"', {7}), ('W/"7", "8"', {7, 8}), ('"x", *', set()), ('"٣"', set())],
)
def test_only_our_etags_are_understood(header: str, revisions: set[int]) -> None:
    assert read_etags(header) == revisions
