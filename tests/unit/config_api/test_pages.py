import pytest

from mlmon_config_api.api.pages import cut_page
from mlmon_config_api.api.snapshots import read_etags


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
