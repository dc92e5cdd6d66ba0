from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlmon_worker_agent.domain.output_lines import OutputLines


def read(*pieces: bytes) -> OutputLines:
    lines = OutputLines()
    for piece in pieces:
        lines.feed(piece)
    lines.close()
    return lines


def test_progress_and_metrics_are_read():
    lines = read(b"::mlmon progress=0.42\n::mlmon metric name=auc value=0.91\nhello\n")

    assert lines.progress == 0.42
    assert lines.metrics == {"auc": 0.91}
    assert lines.last_line == "hello"


def test_progress_stays_between_zero_and_one():
    assert read(b"::mlmon progress=7\n").progress == 1.0
    assert read(b"::mlmon progress=-1\n").progress == 0.0


def test_malformed_reports_are_ignored():
    lines = read(
        b"::mlmon progress=soon\n::mlmon progress=nan\n::mlmon metric name=a\n"
        b"::mlmon metric name=b value=inf\n::mlmon\nx ::mlmon progress=1\n"
    )

    assert lines.progress is None
    assert lines.metrics == {}


def test_last_value_of_a_metric_counts():
    assert read(b"::mlmon metric name=a value=1\n::mlmon metric name=a value=2").metrics == {
        "a": 2.0
    }


def test_number_of_metrics_is_limited():
    text = b"".join(b"::mlmon metric name=m%d value=1\n" % n for n in range(1000))

    assert len(read(text).metrics) == 200


def test_last_line_is_the_last_with_something_in_it():
    assert read(b"one\ntwo\n\n  \n").last_line == "two"


def test_endless_line_takes_bounded_memory():
    lines = OutputLines()
    for _ in range(100):
        lines.feed(b"x" * 65536)

    assert len(lines._rest) <= 8192


@given(st.lists(st.integers(0, 80), max_size=10))
def test_cutting_anywhere_changes_nothing(cuts):
    text = "one\n::mlmon progress=0.5\n::mlmon metric name=a value=3\ngrüße\n".encode()
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    lines = read(*pieces)

    assert (lines.progress, lines.metrics, lines.last_line) == (0.5, {"a": 3.0}, "grüße")
