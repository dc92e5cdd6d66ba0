"""The artifact store in S3: `<prefix>/<run>/<attempt>/<path>` in one bucket.

Agents hold no credentials: a grant is a presigned request for one content, which S3 itself
refuses when the bytes that come have another SHA-256, or when the name is taken.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mlmon_scheduler.adapters.s3.clients import S3Client, S3ProblemError
from mlmon_scheduler.application.attempt_ports import FilePage, StoredFile
from mlmon_scheduler.domain.artifact_keys import artifact_key, read_artifact_key
from mlmon_shared.errors import (
    InvalidRequestError,
    MlmonError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    ServiceUnavailableError,
)
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.uploads import PARTS_LIMIT, FilePart, UploadedPart, UploadPlan

_PIECE: Final = 256 * 1024
_UPLOAD_SECONDS: Final = 3600.0
_REMOVED_AT_ONCE: Final = 1000
_SHA256: Final = "sha256"
_MISSING: Final = 404
_TAKEN: Final = (409, 412)
_REFUSED: Final = {"BadDigest", "EntityTooSmall", "InvalidPart", "InvalidPartOrder"}


@dataclass(frozen=True)
class UploadSizes:
    """How large what may be; bytes.

    Attributes:
        limit: Of one file.
        part: Of a part; S3 takes at least 5 MiB.
        parts_from: Larger files are uploaded by parts.
    """

    limit: int
    part: int
    parts_from: int


class S3ArtifactStore:
    """Implements `ArtifactStore` in a bucket.

    Args:
        client: Speaks to S3.
        bucket: Its name.
        prefix: Put before every name: empty, or with a `/` at its end.
        sizes: Of files and parts.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str, sizes: UploadSizes) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._sizes = sizes

    def upload_grant(
        self,
        attempt_id: str,  # noqa: ARG002 - the port's signature
        path: str,  # noqa: ARG002
        *,
        seconds: float,  # noqa: ARG002
    ) -> TransferGrant | None:
        """Return None: what is signed is one content, which nobody knows yet."""
        return None

    async def grant_upload(
        self, attempt_id: str, path: str, *, size: int, sha256: str, seconds: float
    ) -> TransferGrant:
        """Return the right to upload this content; it is refused where another one is."""
        return await self._grant_whole(self._key(attempt_id, path), size, sha256, seconds)

    async def begin_upload(
        self, attempt_id: str, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Return how this content gets to its place; see the port."""
        if size > self._sizes.limit:
            detail = f"an artifact may have {self._sizes.limit} bytes"
            raise PayloadTooLargeError(detail, limit=self._sizes.limit)
        key = self._key(attempt_id, path)
        found = await self._find(key)
        if found is not None:
            if _is_same(found, size, sha256):
                return UploadPlan(is_stored=True)
            # Left by a lease of this attempt that was not to be.
            await self._call("delete_object", Key=key)
        if size <= self._sizes.parts_from:
            return UploadPlan(grant=await self._grant_whole(key, size, sha256, _UPLOAD_SECONDS))
        begun = await self._call(
            "create_multipart_upload",
            Key=key,
            ChecksumAlgorithm="SHA256",
            Metadata={_SHA256: sha256},
        )
        return UploadPlan(upload_id=begun["UploadId"], part_size=self._part_size(size))

    async def grant_parts(
        self, attempt_id: str, path: str, upload_id: str, parts: Sequence[FilePart]
    ) -> list[TransferGrant]:
        """Return the rights to upload some parts of a file."""
        key = self._key(attempt_id, path)
        if any(part.size > self._part_size(self._sizes.limit) for part in parts):
            raise InvalidRequestError(f"a part of {path} is larger than parts may be")
        try:
            return await asyncio.gather(
                *(
                    self._client.grant(
                        "upload_part",
                        _UPLOAD_SECONDS,
                        Bucket=self._bucket,
                        Key=key,
                        UploadId=upload_id,
                        PartNumber=part.number,
                        ContentLength=part.size,
                        ChecksumSHA256=_in_base64(part.sha256),
                    )
                    for part in parts
                )
            )
        except S3ProblemError as error:
            raise self._explain(error) from error

    async def complete_upload(
        self, attempt_id: str, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> None:
        """Put the parts of a file together; the same again changes nothing."""
        listed = [
            {
                "PartNumber": part.number,
                "ETag": part.etag,
                "ChecksumSHA256": _in_base64(part.sha256),
            }
            for part in sorted(parts, key=lambda part: part.number)
        ]
        await self._call(
            "complete_multipart_upload",
            Key=self._key(attempt_id, path),
            UploadId=upload_id,
            MultipartUpload={"Parts": listed},
            IfNoneMatch="*",
        )

    async def download_grant(self, attempt_id: str, path: str, *, seconds: float) -> TransferGrant:
        """Return the right to download one file."""
        key = self._key(attempt_id, path)
        try:
            return await self._client.grant("get_object", seconds, Bucket=self._bucket, Key=key)
        except S3ProblemError as error:
            raise self._explain(error) from error

    async def find_missing(
        self, attempt_id: str, artifacts: Sequence[ArtifactDocument]
    ) -> list[str]:
        """Return the paths that are not there, or not as the manifest says."""
        found = await asyncio.gather(
            *(self._find(self._key(attempt_id, artifact.path)) for artifact in artifacts)
        )
        return [
            artifact.path
            for artifact, head in zip(artifacts, found, strict=True)
            if head is None or not _is_same(head, artifact.size, artifact.sha256)
        ]

    @asynccontextmanager
    async def open(self, attempt_id: str, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a file for reading in pieces."""
        answer = await self._call("get_object", Key=self._key(attempt_id, path))
        body = answer["Body"]

        async def pieces() -> AsyncIterator[bytes]:
            try:
                while piece := await self._client.read(body, _PIECE):
                    yield piece
            except S3ProblemError as error:
                raise self._explain(error) from error

        try:
            yield pieces()
        finally:
            body.close()

    async def list_files(self, *, after: str | None, limit: int) -> FilePage:
        """Return a page of all that is stored."""
        begin = {"StartAfter": self._prefix + after} if after is not None else {}
        page = await self._call("list_objects_v2", Prefix=self._prefix, MaxKeys=limit, **begin)
        files, last = [], None
        for each in page.get("Contents", []):
            last = str(each["Key"]).removeprefix(self._prefix)
            named = read_artifact_key(last)
            # What is not ours in the bucket is nothing to us.
            if named is not None:
                files.append(StoredFile(*named, modified_at=each["LastModified"]))
        return FilePage(files, last if page.get("IsTruncated") else None)

    async def remove_files(self, files: Sequence[StoredFile]) -> None:
        """Remove files for good."""
        keys = [{"Key": self._key(file.attempt_id, file.path)} for file in files]
        for start in range(0, len(keys), _REMOVED_AT_ONCE):
            some = keys[start : start + _REMOVED_AT_ONCE]
            answer = await self._call("delete_objects", Delete={"Objects": some, "Quiet": True})
            for fault in answer.get("Errors", []):
                raise _broken(f"{fault.get('Code')}: {fault.get('Message')}")

    async def abort_uploads(self, *, before: datetime) -> int:
        """Remove the parts of uploads by parts that were never completed."""
        page = await self._call("list_multipart_uploads", Prefix=self._prefix)
        count = 0
        for upload in page.get("Uploads", []):
            named = read_artifact_key(str(upload["Key"]).removeprefix(self._prefix))
            if named is not None and upload["Initiated"] < before:
                await self._call(
                    "abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"]
                )
                count += 1
        return count

    def _key(self, attempt_id: str, path: str) -> str:
        return self._prefix + artifact_key(attempt_id, path)

    def _part_size(self, size: int) -> int:
        """Return how large parts are, so that there are no more than S3 takes."""
        return max(self._sizes.part, -(-size // PARTS_LIMIT))

    async def _grant_whole(self, key: str, size: int, sha256: str, seconds: float) -> TransferGrant:
        try:
            return await self._client.grant(
                "put_object",
                seconds,
                Bucket=self._bucket,
                Key=key,
                ContentLength=size,
                ChecksumSHA256=_in_base64(sha256),
                Metadata={_SHA256: sha256},
                IfNoneMatch="*",
            )
        except S3ProblemError as error:
            raise self._explain(error) from error

    async def _find(self, key: str) -> dict[str, Any] | None:
        try:
            return await self._client.call("head_object", Bucket=self._bucket, Key=key)
        except S3ProblemError as error:
            if error.status == _MISSING:
                return None
            raise self._explain(error) from error

    async def _call(
        self,
        operation: str,
        **arguments: Any,  # noqa: ANN401 - boto3's
    ) -> dict[str, Any]:
        try:
            return await self._client.call(operation, Bucket=self._bucket, **arguments)
        except S3ProblemError as error:
            raise self._explain(error) from error

    def _explain(self, error: S3ProblemError) -> MlmonError:
        """Return what a problem means here; that we are refused is no fault of the caller."""
        if error.code in {"NoSuchKey", "NoSuchUpload"}:
            return NotFoundError(f"the artifact store does not have it: {error.detail}")
        if error.status in _TAKEN:
            return PreconditionFailedError("another content of that name is there already")
        if error.code in _REFUSED:
            return InvalidRequestError(f"the artifact store refused the file: {error.detail}")
        return _broken(error.detail)


def _broken(detail: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"the artifact store does not work: {detail}", retry_after_seconds=5
    )


def _is_same(head: dict[str, Any], size: int, sha256: str) -> bool:
    """Compare an object with what a file is; S3 compared the content when it came."""
    return bool(head["ContentLength"] == size) and head.get("Metadata", {}).get(_SHA256) == sha256


def _in_base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
