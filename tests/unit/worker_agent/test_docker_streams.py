import struct

from hypothesis import given
from hypothesis import strategies as st

from mlmon_worker_agent.adapters.docker.streams import Frames

parts = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=300)), max_size=20)


@given(frames=parts, cuts=st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_streams_come_out_whole_however_the_blocks_are_cut(
    frames: list[tuple[int, bytes]], cuts: list[int]
):
    packed = b"".join(struct.pack(">BxxxL", kind, len(data)) + data for kind, data in frames)
    taken = {"stdout": b"", "stderr": b""}
    reader = Frames()
    position, turn = 0, 0
    while position < len(packed):
        size = cuts[turn % len(cuts)]
        for stream, data in reader.feed(packed[position : position + size]):
            taken[stream] += data
        position, turn = position + size, turn + 1

    assert taken["stdout"] == b"".join(data for kind, data in frames if kind == 1)
    assert taken["stderr"] == b"".join(data for kind, data in frames if kind == 2)
