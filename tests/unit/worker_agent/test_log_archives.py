from collections.abc import Iterable

import pytest

from mlmon_shared.wire.log_archives import LogRecord
from mlmon_worker_agent.domain.log_archives import (
    CHUNK_SIZE,
    ArchiveBuffer,
    ArchiveChunk,
    ArchivePosition,
)


def buffer(resume: ArchivePosition | None = None, **limits: int) -> ArchiveBuffer:
    return ArchiveBuffer(resume or ArchivePosition(), **limits)


def drain(pending: ArchiveBuffer) -> list[ArchiveChunk]:
    chunks = []
    while (chunk := pending.next(is_last=True)) is not None:
        chunks.append(chunk)
    return chunks


def text_of(chunks: Iterable[ArchiveChunk], stream: str) -> bytes:
    """Return a stream, and check that its records follow on each other."""
    text, end = b"", 0
    for record in (each for chunk in chunks for each in chunk.records if each.stream == stream):
        assert record.offset == end
        end = record.end
        text += record.data
    return text


def test_output_is_archived_in_the_order_of_its_arrival_with_its_offsets():
    pending = buffer()
    pending.add("stdout", 0, b"one\n")
    pending.add("stderr", 0, b"oops\n")
    pending.add("stdout", 4, b"two\n")
    pending.add("stdout", 8, b"three\n")

    (chunk,) = drain(pending)

    assert chunk.records == [
        LogRecord("stdout", 0, b"one\n"),
        LogRecord("stderr", 0, b"oops\n"),
        LogRecord("stdout", 4, b"two\nthree\n"),
    ]
    assert (chunk.seq, chunk.after.seq) == (0, 1)
    assert chunk.after.ends == {"stdout": 14, "stderr": 5}


def test_large_output_makes_chunks_of_about_a_mebibyte_that_lose_nothing():
    pending = buffer()
    data = bytes(range(256)) * 16_384
    assert not pending.is_due
    pending.add("stdout", 0, data)
    assert pending.is_due
    chunks = drain(pending)

    assert [chunk.seq for chunk in chunks] == list(range(len(chunks)))
    assert text_of(chunks, "stdout") == data
    assert all(
        sum(len(record.data) for record in chunk.records) <= 1.5 * CHUNK_SIZE for chunk in chunks
    )
    assert pending.pending == 0


def test_what_an_earlier_process_archived_is_skipped_after_a_restart():
    first = buffer()
    first.add("stdout", 0, b"archived")
    first.add("stderr", 0, b"err")
    (chunk,) = drain(first)

    again = buffer(chunk.after)
    again.add("stdout", 0, b"archived and more")
    again.add("stderr", 0, b"err")
    (rest,) = drain(again)

    assert rest.seq == 1
    assert rest.records == [LogRecord("stdout", 8, b" and more")]


def test_oldest_output_is_left_out_and_said_so_when_the_store_is_too_slow():
    pending = buffer(backlog=1000)
    pending.add("stderr", 0, b"e" * 100)
    for number in range(4):
        pending.add("stdout", number * 400, b"x" * 400)
        pending.add("stderr", 100 + number, b"!")
    chunks = drain(pending)

    text = text_of(chunks, "stdout")
    assert text.startswith(b"[mlmon: ")
    assert b"bytes of output are missing here; they could not be stored in time]\n" in text
    assert text.endswith(b"x" * 400)
    assert text_of(chunks, "stderr").endswith(b"!")


def test_log_that_is_too_long_ends_with_how_much_is_missing():
    pending = buffer(limit=1000)
    for number in range(5):
        pending.add("stdout", number * 400, b"x" * 400)
    assert pending.next() is not None
    assert pending.next() is None
    pending.add("stdout", 2000, b"x" * 400)

    (last,) = drain(pending)

    assert last.records == [
        LogRecord(
            "stdout",
            1200,
            b"[mlmon: 1200 bytes of output are missing here; the log is too long to be kept]\n",
            1200,
        )
    ]


def test_records_come_before_what_is_missing_at_the_end():
    pending = buffer(limit=100)
    pending.add("stdout", 0, b"x" * 90)
    pending.add("stdout", 90, b"y" * 90)

    (chunk,) = drain(pending)

    assert [record.missing for record in chunk.records] == [0, 90]


@pytest.mark.parametrize("data", [b"", b"seen"])
def test_nothing_new_makes_no_chunk(data: bytes):
    pending = buffer(ArchivePosition(3, {"stdout": 4}, 52))
    pending.add("stdout", 0, data)

    assert drain(pending) == []
