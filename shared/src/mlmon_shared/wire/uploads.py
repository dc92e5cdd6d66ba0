"""Uploading a file whose size and checksum are known, as the agent protocol has it.

A store outside of the scheduler signs the right to upload exactly one content, so the agent asks
for it when the file is there: `begin`, then one PUT; or, for a large file, the parts and
`complete`. Each message carries the fence of the attempt's lease.
"""

from typing import Annotated, Final

from pydantic import Field

from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.names import RelativePath

PARTS_LIMIT: Final = 10_000
"""Of one file, as S3 has it."""
PARTS_AT_ONCE: Final = 100
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""In hexadecimal."""

_UploadId = Annotated[str, Field(min_length=1, max_length=2000)]
_Number = Annotated[int, Field(ge=1, le=PARTS_LIMIT)]


class FileUpload(WireModel):
    """`POST /runs/{id}/uploads`: begin to upload one declared output.

    Attributes:
        size: Bytes.
        sha256: Of the whole file.
    """

    session: str
    attempt: int
    fence: str
    path: RelativePath
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256


class UploadPlan(WireModel):
    """How the file gets into the store: it is there already, by one PUT, or by parts.

    Attributes:
        is_stored: This very content is there.
        grant: For the whole file.
        upload_id: Of an upload by parts; empty without one.
        part_size: Bytes of every part but the last.
    """

    is_stored: bool = False
    grant: TransferGrant | None = None
    upload_id: str = ""
    part_size: int = 0


class FilePart(WireModel):
    """A part of a file, with what its content is."""

    number: _Number
    size: Annotated[int, Field(ge=1)]
    sha256: Sha256


class PartsUpload(WireModel):
    """`POST /runs/{id}/uploads/parts`: ask for the right to upload some parts."""

    session: str
    attempt: int
    fence: str
    path: RelativePath
    upload_id: _UploadId
    parts: Annotated[list[FilePart], Field(min_length=1, max_length=PARTS_AT_ONCE)]


class PartGrants(WireModel):
    """One grant per part, in the same order."""

    grants: list[TransferGrant]


class UploadedPart(WireModel):
    """A part that the store has taken.

    Attributes:
        etag: As the store answered it.
    """

    number: _Number
    etag: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Sha256


class UploadCompletion(WireModel):
    """`POST /runs/{id}/uploads/complete`: put the parts together; repeatable."""

    session: str
    attempt: int
    fence: str
    path: RelativePath
    upload_id: _UploadId
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    parts: Annotated[list[UploadedPart], Field(min_length=1, max_length=PARTS_LIMIT)]
