import gzip

import pytest

from mlmon_shared.wire.log_archives import (
    CHUNK_LIMIT,
    LogRecord,
    chunk_path,
    is_log_path,
    pack_chunk,
    unpack_chunk,
)
from mlmon_shared.wire.names import check_relative_path

RECORDS = [
    LogRecord("stdout", 0, b"one\ntwo"),
    LogRecord("stderr", 0, bytes(range(256))),
    LogRecord("stdout", 7, b"stdout 1 2\n\n"),
    LogRecord("stdout", 19, b"[missing]\n", 4000),
]


def test_chunk_holds_any_bytes_and_where_they_stand():
    assert list(unpack_chunk(pack_chunk(RECORDS))) == RECORDS
    assert [record.end for record in RECORDS] == [7, 256, 19, 4019]


def test_equal_records_make_equal_chunks():
    assert pack_chunk(RECORDS) == pack_chunk(RECORDS)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no gzip",
        pack_chunk(RECORDS)[:-9],
        gzip.compress(b"x" * (CHUNK_LIMIT + 1), mtime=0),
        gzip.compress(b"stdout 0\n", mtime=0),
        gzip.compress(b"stdout 0 5\nabc", mtime=0),
        gzip.compress(b"x" * 100, mtime=0),
        gzip.compress(b"stdout 0 3\nabcd\n", mtime=0),
        gzip.compress(b"\xff 0 3\nabc\n", mtime=0),
    ],
)
def test_what_is_no_chunk_is_refused(packed: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        list(unpack_chunk(packed))


def test_chunks_have_names_that_sort_and_that_no_output_has():
    paths = [chunk_path("1.7", seq) for seq in (0, 9, 10, 999_999)]

    assert paths == sorted(paths)
    assert all(check_relative_path(path) and is_log_path(path) for path in paths)
    assert not is_log_path("log/000000.gz")
