import pytest

from mlmon_shared.document_diffs import Difference, list_differences


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("/a", 1, 2)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("/a/b/1", 2, 3)]),
        ({"a": [1, 2]}, {"a": [2]}, [("/a", [1, 2], [2])]),
        ({}, {"a": None}, [("/a", None, None)]),
        ({"x": 1}, {"y": 2}, [("/x", 1, None), ("/y", None, 2)]),
        ({"a/b~c": 1}, {"a/b~c": 2}, [("/a~1b~0c", 1, 2)]),
        ({"a": 1}, {"a": True}, [("/a", 1, True)]),
        (None, {"a": 1}, [("", None, {"a": 1})]),
        ({"a": {"b": 1}}, {"a": 1}, [("/a", {"b": 1}, 1)]),
    ],
)
def test_places_at_which_documents_differ(
    old: object, new: object, expected: list[tuple[str, object, object]]
) -> None:
    assert list_differences(old, new) == [Difference(*place) for place in expected]
