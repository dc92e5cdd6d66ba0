import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.yaml_documents import dump_document, load_document, load_documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("null", None),
        ("~", None),
        ("1", 1),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("06:00", "06:00"),
        ("2026-01-05", "2026-01-05"),
        ("2026-01-05T12:00:00Z", "2026-01-05T12:00:00Z"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("! 1", "1"),
        ("1" * 5000, "1" * 5000),
        ("=", "="),
        ("'<<': 1", {"<<": 1}),
        ("on: 1", {"on": 1}),
        ("[a, {b: }]", ["a", {"b": None}]),
    ],
)
def test_scalars_are_read_as_json_would_have_them(text: str, value: object) -> None:
    loaded = load_document(text)

    assert (loaded, type(loaded)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("a: [", "not YAML"),
        ("a: 1\na: 2", 'the key "a" stands twice (line 2, column 1)'),
        ("a: {b: 1, b: 2}", 'the key "b" stands twice (line 1, column 11)'),
        ("1: a", "a key must be text; put it in quotes (line 1, column 1)"),
        ("true: a", "a key must be text"),
        ("[a]: b", "a key must be text"),
        ("? {a: b}\n: c", "a key must be text"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge keys (<<) are not supported"),
        ("a: *nobody", "alias"),
        ("a: &x [*x]", "the alias *x contains itself (line 1, column 8)"),
        ("[" * 51 + "]" * 51, "nested deeper than 50 levels"),
        ("a: &x " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*x" + "]" * 30, "nested deeper"),
        ("a: &x 1\nb: [" + "*x, " * 51 + "]", "more than 50 aliases"),
        ("a: .nan", "infinity and NaN are not supported (line 1, column 4)"),
        ("a: -.Inf", "infinity and NaN"),
        ("a: 1e999", "the number is too large"),
        ("a: !!python/name:os.system x", "is not supported"),
        ("a: !!binary aGk=", "is not supported"),
        ("a: !!timestamp 2026-01-05", "is not supported"),
        ("!!set {a, b}", "is not supported"),
        ("a: !!int x", '"x" is not of the type int'),
        ("a: !!int true", '"true" is not of the type int'),
        ('a: "\\0"', "a NUL or half a character (line 1, column 4)"),
        ('a: "\\ud800"', "not YAML"),
        ("a: \x07", "not YAML"),
        ("a: \ud800", "not UTF-8 (line 1, column 4)"),
        (b"a: 1\nb: \xff", "not UTF-8 (line 2, column 4)"),
        ("a: 1".encode("utf-16"), "not UTF-8 (line 1, column 1)"),
        ("a: 1\n--- \nb: 2", "one document is expected here and 2 were sent"),
    ],
)
def test_what_is_refused_names_its_place(text: str | bytes, detail: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        load_document(text)

    assert detail in caught.value.detail
    assert caught.value.errors == [{"pointer": "", "detail": caught.value.detail}]


def test_aliases_count_as_all_that_they_stand_for() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 6)
    )

    with pytest.raises(InvalidRequestError, match="more than 100000 values"):
        load_document(bomb)


def test_few_aliases_are_read() -> None:
    assert load_document("a: &x [1]\nb: *x") == {"a": [1], "b": [1]}


def test_text_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="larger than 3 bytes"):
        load_document("éé", size_limit=3)


def test_byte_order_mark_is_ignored() -> None:
    assert load_document(b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_empty_text_is_none(text: str) -> None:
    assert load_document(text) is None


def test_all_documents_are_returned_in_order() -> None:
    assert load_documents("a: 1\n---\n[b]\n---\n") == [{"a": 1}, ["b"], None]


def test_dump_is_in_blocks_in_the_given_order() -> None:
    value = {"b": 1, "a": ["x", {"c": "two\nlines\n"}], "empty": {}}

    assert dump_document(value) == (
        "b: 1\na:\n  - x\n  - c: |\n      two\n      lines\nempty: {}\n"
    )


def test_dump_spells_out_what_stands_twice() -> None:
    shared = [1]

    assert dump_document({"a": shared, "b": shared}) == "a:\n  - 1\nb:\n  - 1\n"


storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable_text
    | st.from_regex(r"[-+.0-9eEoxTrueNul~:_]{1,8}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(storable_text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_dumped_values_are_read_back_unchanged(value: object) -> None:
    loaded = load_document(dump_document(value))

    assert json.dumps(loaded) == json.dumps(value)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with suppress(InvalidRequestError):
        load_documents(text)
