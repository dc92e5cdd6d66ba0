from mlmon_scheduler.domain.log_cursors import LogCursor
from mlmon_shared.wire.log_archives import LogRecord


def show(cursor: LogCursor, *records: LogRecord) -> bytes:
    return b"".join(
        piece for record in records for piece in (*cursor.skip(record), *cursor.take(record))
    )


def test_what_two_sources_have_is_shown_once():
    cursor = LogCursor()
    archived = show(cursor, LogRecord("stdout", 0, b"abcdef"), LogRecord("stderr", 0, b"xyz"))
    tail = show(
        cursor,
        LogRecord("stdout", 3, b"def"),
        LogRecord("stderr", 0, b"xyz"),
        LogRecord("stdout", 4, b"efgh"),
    )

    assert (archived, tail) == (b"abcdefxyz", b"gh")


def test_streams_have_offsets_of_their_own():
    cursor = LogCursor()

    assert (
        show(cursor, LogRecord("stdout", 0, b"12345"), LogRecord("stderr", 0, b"ab")) == b"12345ab"
    )


def test_gap_is_said_to_be_one():
    cursor = LogCursor()
    record = LogRecord("stdout", 100, b"rest")
    assert cursor.gap(record) == 100

    assert show(cursor, record) == (
        b"[mlmon: 100 bytes of output are missing here; they are not kept]\nrest"
    )


def test_words_in_place_of_output_are_shown_unless_the_output_is():
    marker = LogRecord("stdout", 2, b"[3 are missing]", 3)
    without = LogCursor()
    show(without, LogRecord("stdout", 0, b"ab"))
    assert without.gap(marker) == 3
    assert show(without, marker, LogRecord("stdout", 5, b"f")) == b"[3 are missing]f"

    with_archive = LogCursor()
    show(with_archive, LogRecord("stdout", 0, b"abcde"))
    assert show(with_archive, marker, LogRecord("stdout", 5, b"f")) == b"f"
