from hypothesis import given
from hypothesis import strategies as st

from mlmon_worker_agent.domain.output_masks import OutputMask, masked_texts


def masked(secrets: list[str], *pieces: bytes) -> bytes:
    mask, offset, shown = OutputMask(masked_texts(secrets)), 0, []
    for piece in pieces:
        shown += mask.feed(offset, piece)
        offset += len(piece)
    shown += mask.flush()
    expected = 0
    for place, data in shown:
        assert place == expected
        expected += len(data)
    assert expected == offset
    return b"".join(data for _, data in shown)


def test_value_is_masked_wherever_pieces_are_cut():
    output = b"url=hunter2! and again hunter2!hunter2!\n"

    for cut in range(len(output)):
        assert masked(["hunter2!"], output[:cut], output[cut:]) == (
            b"url=******** and again ****************\n"
        )
    assert masked(["hunter2!"], *(bytes([byte]) for byte in output)).count(b"*") == 24


def test_lines_of_a_value_are_masked_for_themselves():
    key = "-----BEGIN KEY-----\nMIIabcdef\nshort\n-----END KEY-----\n"

    assert masked([key], b"line MIIabcdef, short\n") == b"line *********, short\n"
    assert masked([key], key.strip().encode() + b"\n").count(b"\n") == 4


def test_value_that_another_begins_with_hides_both():
    assert masked(["abcdef", "abcdefghij"], b"abcdefgh", b"ij abcdefgh") == b"********** ******gh"


def test_what_only_begins_like_a_value_is_shown_at_the_latest_at_the_end():
    mask = OutputMask(masked_texts(["hunter2!"]))

    assert mask.feed(0, b"> hunt") == [(0, b"> ")]
    assert mask.feed(6, b"ing\n") == [(2, b"hunting\n")]
    assert mask.feed(10, b"hunter2") == []
    assert mask.flush() == [(10, b"hunter2")]


def test_output_that_goes_on_elsewhere_begins_anew():
    mask = OutputMask(masked_texts(["hunter2!"]))
    mask.feed(0, b"hunt")

    assert mask.feed(100, b"er2!x") == [(0, b"hunt"), (100, b"er2!x")]


def test_short_values_are_not_masked():
    assert masked(["abc", ""], b"abc\n") == b"abc\n"


@given(
    st.lists(st.text("ab\n", min_size=1, max_size=12), min_size=1, max_size=3),
    st.lists(st.text("ab\n", max_size=20), max_size=6),
)
def test_no_masked_text_is_ever_shown(secrets: list[str], pieces: list[str]):
    output = "".join(pieces).encode()

    shown = masked(secrets, *(piece.encode() for piece in pieces))

    expected = bytearray(output)
    for text in masked_texts(secrets):
        for place in range(len(output)):
            if output.startswith(text, place):
                for each in range(place, place + len(text)):
                    if output[each : each + 1] != b"\n":
                        expected[each : each + 1] = b"*"
    assert shown == bytes(expected)
