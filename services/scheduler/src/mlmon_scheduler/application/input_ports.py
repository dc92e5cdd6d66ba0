"""What the application needs for inputs from elsewhere."""

from dataclasses import dataclass
from typing import Protocol

from mlmon_shared.wire.agent_protocol import TransferGrant


@dataclass(frozen=True)
class FoundObject:
    """An object of S3.

    Attributes:
        size: Bytes.
        etag: Changes with the content.
        download: The right to read this content; another one is answered 412.
    """

    size: int
    etag: str
    download: TransferGrant


class InputObjects(Protocol):
    """Objects that jobs may read."""

    async def find(self, bucket: str, key: str, *, seconds: float) -> FoundObject:
        """Return an object with the right to read it for so long.

        Raises:
            InputRefusedError: It is not there, or the server may not read it.
            ServiceUnavailableError: S3 does not work now.
        """
        ...
