"""Objects of S3 that jobs read, by the server's own right."""

from typing import Final

from mlmon_scheduler.adapters.s3.clients import S3Client, S3ProblemError
from mlmon_scheduler.application.input_ports import FoundObject
from mlmon_scheduler.errors import InputRefusedError
from mlmon_shared.errors import ServiceUnavailableError

_MISSING: Final = 404
_FORBIDDEN: Final = 403
_MOVED: Final = (301, 307, 400)


class S3InputObjects:
    """Implements `InputObjects`.

    Args:
        client: Speaks to S3.
    """

    def __init__(self, client: S3Client) -> None:
        self._client = client

    async def find(self, bucket: str, key: str, *, seconds: float) -> FoundObject:
        """Return an object with the right to read it; see the port."""
        url = f"s3://{bucket}/{key}"
        try:
            head = await self._client.call("head_object", Bucket=bucket, Key=key)
            etag = str(head["ETag"])
            download = await self._client.grant(
                "get_object", seconds, Bucket=bucket, Key=key, IfMatch=etag
            )
        except S3ProblemError as error:
            if error.status == _MISSING:
                raise InputRefusedError(f"{url} is not there") from error
            if error.status == _FORBIDDEN:
                raise InputRefusedError(
                    f"{url} may not be read by the server, or is not there: S3 answered 403 "
                    "(s3:GetObject and s3:ListBucket)"
                ) from error
            if error.status in _MOVED:
                raise InputRefusedError(
                    f"{url} cannot be read: S3 answered {error.status}; is its bucket in the "
                    "region of the settings (MLMON_SCHEDULER_AWS_REGION)?"
                ) from error
            raise ServiceUnavailableError(
                f"{url} cannot be looked at now: {error.detail}", retry_after_seconds=5
            ) from error
        return FoundObject(int(head["ContentLength"]), etag, download)
