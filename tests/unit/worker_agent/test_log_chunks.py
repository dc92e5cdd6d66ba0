from mlmon_worker_agent.domain.attempts import ChunkPosition
from mlmon_worker_agent.domain.log_chunks import CHUNK_LIMIT, LogChunks


def drain(chunks: LogChunks) -> list[tuple[int, int, bytes]]:
    found = []
    while (chunk := chunks.next(is_last=True)) is not None:
        found.append((chunk.position.seq, chunk.position.offset, chunk.content))
    return found


def test_output_is_cut_at_the_limit():
    chunks = LogChunks()
    text = b"x" * (CHUNK_LIMIT * 2 + 5)
    chunks.add(0, text)
    found = drain(chunks)

    assert [(seq, offset) for seq, offset, _ in found] == [
        (0, 0),
        (1, CHUNK_LIMIT),
        (2, 2 * CHUNK_LIMIT),
    ]
    assert b"".join(content for _, _, content in found) == text
    assert chunks.is_empty


def test_nothing_makes_no_chunk():
    assert LogChunks().next(is_last=True) is None


def test_resumed_stream_sends_the_last_chunk_again_with_the_same_bytes():
    chunks = LogChunks(resume=ChunkPosition(seq=4, offset=10, length=5))
    chunks.add(0, b"0123456789abcdefghij")

    assert drain(chunks) == [(4, 10, b"abcde"), (5, 15, b"fghij")]


def test_resumed_stream_waits_for_all_of_the_last_chunk():
    chunks = LogChunks(resume=ChunkPosition(seq=4, offset=10, length=5))
    chunks.add(0, b"0123456789ab")

    assert chunks.next() is None


def test_fast_output_leaves_out_the_oldest_and_says_so():
    chunks = LogChunks(backlog=10)
    chunks.add(0, b"0123456789")
    chunks.add(10, b"abcde")
    marker, rest = drain(chunks)

    assert marker[:2] == (0, 0)
    assert marker[2].startswith(b"[mlmon: 5 bytes of output are missing here")
    assert rest == (1, 5, b"56789abcde")


def test_chunk_that_could_not_be_sent_becomes_a_gap():
    chunks = LogChunks()
    chunks.add(0, b"lost")
    lost = chunks.next()
    assert lost is not None
    chunks.drop(lost)
    chunks.add(4, b"kept")
    marker, kept = drain(chunks)

    assert marker[:2] == (1, 0)
    assert b"4 bytes" in marker[2]
    assert kept == (2, 4, b"kept")


def test_gaps_beside_each_other_are_one():
    chunks = LogChunks(backlog=10)
    chunks.add(0, b"lost")
    lost = chunks.next()
    assert lost is not None
    chunks.add(4, b"x" * 16)
    chunks.drop(lost)
    marker, rest = drain(chunks)

    assert marker[1] == 0
    assert b"10 bytes" in marker[2]
    assert rest[1] == 10


def test_large_gap_is_not_sent_again_after_a_restart():
    chunks = LogChunks(resume=ChunkPosition(seq=4, offset=0, length=CHUNK_LIMIT + 1))
    chunks.add(0, b"x" * (CHUNK_LIMIT + 1) + b"new")

    assert drain(chunks) == [(5, CHUNK_LIMIT + 1, b"new")]
