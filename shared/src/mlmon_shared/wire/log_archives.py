"""Archived logs: chunks of an attempt's log in the artifact store.

A chunk is gzip. Unpacked it is a series of records, in the order in which the agent read the
output: a line `<stream> <offset> <length>`, so many bytes, and a line feed. So each chunk says
where in its streams it stands. `<length>+<missing>` is of a record that stands in for so many
bytes of output.

Chunks of one attempt are numbered from 0 without a gap. One that is stored after a crash of the
agent may repeat what the one before it holds: who reads goes by the offsets.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.models import WireModel

CHUNK_LIMIT: Final = 2 * 2**20
"""Bytes of a chunk, packed and unpacked."""
LOGS_FOLDER: Final = ".mlmon/log/"
"""Under an attempt's prefix in the artifact store, where no job can publish anything."""
_FASTEST: Final = 1
_HEADER_LIMIT: Final = 64


@dataclass(frozen=True)
class LogRecord:
    """Some output of a stream, from an offset on.

    Attributes:
        stream: `stdout` or `stderr`.
        missing: Bytes from the offset on that could not be had; `data` says so in words.
    """

    stream: str
    offset: int
    data: bytes
    missing: int = 0

    @property
    def end(self) -> int:
        """The offset of the first byte after it."""
        return self.offset + (self.missing or len(self.data))


class LogUpload(WireModel):
    """`POST /logs/{attempt}/archive`: the agent has a chunk for the archive.

    Attributes:
        seq: Of the chunk.
        size: Bytes, packed.
        sha256: Of the packed bytes, in hexadecimal.
    """

    session: str
    fence: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.:_-]{0,99}$")]
    seq: Annotated[int, Field(ge=0, lt=10**6)]
    size: Annotated[int, Field(ge=1, le=CHUNK_LIMIT)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class LogUploadAnswer(WireModel):
    """Where to put the chunk.

    Attributes:
        upload: None when nothing is to be sent: it is there, or logs are not archived here.
    """

    upload: TransferGrant | None = None


def chunk_path(fence: str, seq: int) -> str:
    """Return the path of a chunk under its attempt's prefix.

    With the fence, since an attempt of the same number may be leased anew after a loss of Redis.
    """
    return f"{LOGS_FOLDER}{fence}/{seq:06}.gz"


def is_log_path(path: str) -> bool:
    """Tell whether a file of the store is a chunk of a log."""
    return path.startswith(LOGS_FOLDER)


def pack_chunk(records: Iterable[LogRecord]) -> bytes:
    """Return a chunk; what is missing is kept as the words that say so."""
    content = bytearray()
    for record in records:
        length = f"{len(record.data)}" + (f"+{record.missing}" if record.missing else "")
        content += f"{record.stream} {record.offset} {length}\n".encode()
        content += record.data
        content += b"\n"
    return gzip.compress(bytes(content), _FASTEST, mtime=0)


def unpack_chunk(packed: bytes) -> Iterator[LogRecord]:
    """Yield the records of a chunk.

    Raises:
        ValueError: It is none, or is larger than a chunk may be.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(packed, CHUNK_LIMIT + 1)
    except zlib.error as error:
        raise ValueError("a chunk of a log is not gzip") from error
    if len(content) > CHUNK_LIMIT or not unpacker.eof:
        raise ValueError("a chunk of a log is too large, or cut off")
    place = 0
    while place < len(content):
        line_end = content.index(b"\n", place, place + _HEADER_LIMIT)
        stream, offset, length = content[place:line_end].decode().split(" ")
        size, _, missing = length.partition("+")
        begin, end = line_end + 1, line_end + 1 + int(size)
        if content[end : end + 1] != b"\n":
            raise ValueError("a record of a log is cut off")
        yield LogRecord(stream, int(offset), content[begin:end], int(missing or 0))
        place = end + 1
