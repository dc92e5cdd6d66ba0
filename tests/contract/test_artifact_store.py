"""What every artifact store does: the folder, and S3 as moto serves it."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.adapters.s3.artifacts import S3ArtifactStore, UploadSizes
from mlmon_scheduler.adapters.s3.clients import S3Client
from mlmon_scheduler.application.attempt_ports import ArtifactStore, StoredFile
from mlmon_scheduler.domain.signatures import Signer
from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.clocks import SystemClock
from mlmon_shared.errors import (
    InvalidRequestError,
    MlmonError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
)
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.uploads import FilePart, UploadedPart
from tests.moto_servers import REGION, make_bucket, moto_server

MIB = 2**20
SIZES = UploadSizes(limit=40 * MIB, part=5 * MIB, parts_from=6 * MIB)
ATTEMPT = "run-1.1"
_numbers = itertools.count(1)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def document(content: bytes, path: str = "model.bin") -> ArtifactDocument:
    return ArtifactDocument(path=path, size=len(content), sha256=sha256_of(content))


class Stored(Protocol):
    """A store, and how what it grants is used."""

    @property
    def store(self) -> ArtifactStore: ...

    async def put(self, grant: TransferGrant, content: bytes) -> int: ...

    async def get(self, grant: TransferGrant) -> bytes: ...


class InFolder:
    def __init__(self, root: Path) -> None:
        self.store = FolderArtifactStore(root, Signer("k" * 32), SystemClock(), limit=SIZES.limit)

    async def put(self, grant: TransferGrant, content: bytes) -> int:
        attempt_id, path = self._check(grant)

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        try:
            await self.store.save(attempt_id, path, pieces(), sha256=sha256_of(content))
        except MlmonError as error:
            return error.status
        return 200

    async def get(self, grant: TransferGrant) -> bytes:
        async with self.store.open(*self._check(grant)) as pieces:
            return b"".join([piece async for piece in pieces])

    def _check(self, grant: TransferGrant) -> tuple[str, str]:
        url = urlsplit(grant.url)
        query = parse_qs(url.query)
        attempt_id, _, path = url.path.removeprefix("/agent/v1/artifacts/").partition("/")
        self.store.check_grant(
            grant.method,
            attempt_id,
            unquote(path),
            expires_ms=int(query["expires"][0]),
            signature=query["signature"][0],
        )
        return attempt_id, unquote(path)


class Bucket:
    """One for the module, since clients of boto3 take long to make."""

    def __init__(self, url: str) -> None:
        self.name = "bucket"
        self.s3 = make_bucket(url, self.name)
        self.client = S3Client(SystemClock(), region=REGION, endpoint_url=url)


class InS3:
    def __init__(self, bucket: Bucket) -> None:
        self.prefix = f"ours-{next(_numbers)}/"
        self.s3 = bucket.s3
        self.bucket = bucket.name
        self.store = S3ArtifactStore(bucket.client, bucket.name, self.prefix, SIZES)

    async def put(self, grant: TransferGrant, content: bytes) -> int:
        async with open_http_client() as http:
            return (
                await http.request(grant.method, grant.url, headers=grant.headers, content=content)
            ).status_code

    async def get(self, grant: TransferGrant) -> bytes:
        async with open_http_client() as http:
            answer = await http.request(grant.method, grant.url, headers=grant.headers)
            return answer.raise_for_status().content


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with moto_server() as url:
        made = Bucket(url)
        yield made
        made.client.close()
        made.s3.close()


@pytest.fixture
def in_s3(bucket: Bucket) -> InS3:
    return InS3(bucket)


@pytest.fixture(params=["folder", "s3"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Stored:
    if request.param == "folder":
        return InFolder(tmp_path)
    found: InS3 = request.getfixturevalue("in_s3")
    return found


async def upload(
    stored: Stored, content: bytes, path: str = "model.bin", attempt: str = ATTEMPT
) -> int:
    plan = await stored.store.begin_upload(
        attempt, path, size=len(content), sha256=sha256_of(content)
    )
    assert plan.grant is not None
    return await stored.put(plan.grant, content)


async def read(stored: Stored, path: str = "model.bin", attempt: str = ATTEMPT) -> bytes:
    async with stored.store.open(attempt, path) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_uploaded_file_is_there_is_read_and_is_downloaded_by_a_grant(stored: Stored):
    content = b"model " * 100_000

    assert await stored.store.find_missing(ATTEMPT, [document(content)]) == ["model.bin"]
    assert await upload(stored, content) == 200

    assert await stored.store.find_missing(ATTEMPT, [document(content)]) == []
    assert await read(stored) == content
    grant = await stored.store.download_grant(ATTEMPT, "model.bin", seconds=60)
    assert await stored.get(grant) == content


async def test_empty_file_and_odd_names_are_kept(stored: Stored):
    path = "deep/näme with spaces & 100%+?.bin"
    for name in ("empty", path):
        assert await upload(stored, b"", name) == 200

    assert await stored.store.find_missing(ATTEMPT, [document(b"", path)]) == []
    assert await read(stored, "empty") == b""


async def test_file_is_missing_if_its_size_or_checksum_is_another(stored: Stored):
    await upload(stored, b"model")

    larger = document(b"model").model_copy(update={"size": 6})
    assert await stored.store.find_missing(ATTEMPT, [larger]) == ["model.bin"]
    assert await stored.store.find_missing("run-1.2", [document(b"model")]) == ["model.bin"]


async def test_nothing_is_overwritten_by_a_grant(stored: Stored):
    early = await stored.store.begin_upload(
        ATTEMPT, "model.bin", size=5, sha256=sha256_of(b"early")
    )
    await upload(stored, b"later")
    assert early.grant is not None

    assert await stored.put(early.grant, b"early") == 412
    assert await read(stored) == b"later"


async def test_same_content_again_is_there_already(stored: Stored):
    await upload(stored, b"model")

    again = await stored.store.begin_upload(
        ATTEMPT, "model.bin", size=5, sha256=sha256_of(b"model")
    )

    assert again.is_stored
    assert again.grant is None


async def test_who_holds_the_lease_replaces_what_another_lease_left(stored: Stored):
    await upload(stored, b"left")
    assert await upload(stored, b"fresh") == 200

    assert await read(stored) == b"fresh"


async def test_file_over_the_limit_is_refused_before_it_comes(stored: Stored):
    with pytest.raises(PayloadTooLargeError, match="may have 41943040 bytes"):
        await stored.store.begin_upload(
            ATTEMPT, "model.bin", size=SIZES.limit + 1, sha256=sha256_of(b"")
        )


async def test_what_is_not_there_is_not_found(stored: Stored):
    with pytest.raises(NotFoundError):
        await read(stored)


@pytest.mark.parametrize(
    "path", ["../other", "/etc/passwd", "a/../b", "a//b", "a\\b", "", "a\nb", "x" * 256]
)
async def test_path_that_leaves_the_attempt_or_is_odd_is_refused(stored: Stored, path: str):
    with pytest.raises(InvalidRequestError):
        await stored.store.begin_upload(ATTEMPT, path, size=0, sha256=sha256_of(b""))
    with pytest.raises(InvalidRequestError):
        await stored.store.download_grant(ATTEMPT, path, seconds=60)


@pytest.mark.parametrize("attempt", ["..", "run", "../run.1", "run/1.1", ""])
async def test_attempt_that_is_none_is_not_found(stored: Stored, attempt: str):
    with pytest.raises(NotFoundError, match="not the id of an attempt"):
        await stored.store.begin_upload(attempt, "a", size=0, sha256=sha256_of(b""))


async def test_all_files_are_listed_page_by_page_and_removed(stored: Stored):
    expected = []
    for attempt in ("run-1.1", "run-1.2", "run-2.1"):
        for path in ("a", "b/c"):
            await upload(stored, b"x", path, attempt)
            expected.append((attempt, path))
    found: list[StoredFile] = []
    position: str | None = None
    while True:
        page = await stored.store.list_files(after=position, limit=2)
        assert len(page.files) <= 2
        found += page.files
        if (position := page.position) is None:
            break

    assert [(file.attempt_id, file.path) for file in found] == expected
    now = SystemClock().now()
    assert all(now - timedelta(minutes=5) < file.modified_at <= now for file in found)
    await stored.store.remove_files(found[1:])
    await stored.store.remove_files(found[1:])
    left = await stored.store.list_files(after=None, limit=10)
    assert [(file.attempt_id, file.path) for file in left.files] == expected[:1]


async def begin_parts(in_s3: InS3, content: bytes) -> tuple[str, list[UploadedPart]]:
    plan = await in_s3.store.begin_upload(
        ATTEMPT, "model.bin", size=len(content), sha256=sha256_of(content)
    )
    assert (plan.grant, plan.part_size) == (None, SIZES.part)
    pieces = [content[at : at + SIZES.part] for at in range(0, len(content), SIZES.part)]
    parts = [
        FilePart(number=number, size=len(piece), sha256=sha256_of(piece))
        for number, piece in enumerate(pieces, 1)
    ]
    grants = await in_s3.store.grant_parts(ATTEMPT, "model.bin", plan.upload_id, parts)
    uploaded = []
    async with open_http_client() as http:
        for part, grant, piece in zip(parts, grants, pieces, strict=True):
            answer = await http.put(grant.url, headers=grant.headers, content=piece)
            uploaded.append(
                UploadedPart(
                    number=part.number,
                    etag=answer.raise_for_status().headers["ETag"],
                    sha256=part.sha256,
                )
            )
    return plan.upload_id, uploaded


async def test_large_file_goes_to_s3_by_parts(in_s3: InS3):
    content = bytes(range(256)) * (7 * MIB // 256)
    upload_id, parts = await begin_parts(in_s3, content)
    assert await in_s3.store.find_missing(ATTEMPT, [document(content)]) == ["model.bin"]

    await in_s3.store.complete_upload(ATTEMPT, "model.bin", upload_id, parts)

    assert await in_s3.store.find_missing(ATTEMPT, [document(content)]) == []
    assert await read(in_s3) == content


async def test_parts_do_not_overwrite_what_came_meanwhile(in_s3: InS3):
    upload_id, parts = await begin_parts(in_s3, b"x" * (7 * MIB))
    in_s3.s3.put_object(Bucket=in_s3.bucket, Key=f"{in_s3.prefix}run-1/1/model.bin", Body=b"other")

    with pytest.raises(PreconditionFailedError):
        await in_s3.store.complete_upload(ATTEMPT, "model.bin", upload_id, parts)
    assert await read(in_s3) == b"other"


async def test_parts_of_an_upload_that_nobody_completes_are_removed(in_s3: InS3):
    await begin_parts(in_s3, b"x" * (7 * MIB))

    assert await in_s3.store.abort_uploads(before=SystemClock().now() + timedelta(days=1)) == 1

    assert await in_s3.store.abort_uploads(before=SystemClock().now() + timedelta(days=1)) == 0


async def test_grant_of_s3_signs_length_checksum_and_that_the_name_is_free(in_s3: InS3):
    plan = await in_s3.store.begin_upload(ATTEMPT, "a", size=5, sha256=sha256_of(b"model"))

    assert plan.grant is not None
    signed = parse_qs(urlsplit(plan.grant.url).query)["X-Amz-SignedHeaders"][0]
    assert signed.split(";") == [
        *("content-length", "host", "if-none-match", "x-amz-checksum-sha256", "x-amz-meta-sha256")
    ]
    assert plan.grant.headers["If-None-Match"] == "*"


async def test_what_is_not_ours_in_the_bucket_is_left_alone(in_s3: InS3):
    for key in ("readme.txt", "run/one/file", "run.x/1/a"):
        in_s3.s3.put_object(Bucket=in_s3.bucket, Key=in_s3.prefix + key, Body=b"x")
    in_s3.s3.put_object(Bucket=in_s3.bucket, Key="run/1/a", Body=b"x")

    files = (await in_s3.store.list_files(after=None, limit=10)).files

    assert [(file.attempt_id, file.path) for file in files] == [("run.one", "file")]
