"""Outputs on their way into a store that signs for one content: S3, as moto serves it."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlmon_scheduler.adapters.s3.artifacts import S3ArtifactStore, UploadSizes
from mlmon_scheduler.adapters.s3.clients import S3Client
from mlmon_shared.clients.agent_protocol import AgentProtocolClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clocks import SystemClock
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan
from mlmon_worker_agent.application.upload_outputs import OutputContent, OutputUpload
from mlmon_worker_agent.domain.errors import UploadRefusedError
from tests.moto_servers import REGION, make_bucket, moto_server

MIB = 2**20
ATTEMPT, PATH = "run.1", "large.bin"


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[S3Client, Any]]:
    with moto_server() as url:
        s3 = make_bucket(url, "bucket")
        client = S3Client(SystemClock(), region=REGION, endpoint_url=url)
        yield client, s3
        client.close()
        s3.close()


class Rights:
    """Asks the store itself, whose faults come after `fails_after` further uploads."""

    def __init__(self, store: S3ArtifactStore, transport: Transport) -> None:
        self.store = store
        self._client = AgentProtocolClient(transport)
        self.begun: list[UploadPlan] = []
        self.sizes: list[int] = []
        self.fails_after: int | None = None

    async def begin(self, content: OutputContent) -> UploadPlan:
        plan = await self.store.begin_upload(
            ATTEMPT, content.path, size=content.size, sha256=content.sha256
        )
        self.begun.append(plan)
        return plan

    async def grant_parts(
        self, content: OutputContent, upload_id: str, parts: list[FilePart]
    ) -> list[TransferGrant]:
        return await self.store.grant_parts(ATTEMPT, content.path, upload_id, parts)

    async def complete(
        self, content: OutputContent, upload_id: str, parts: list[UploadedPart]
    ) -> None:
        await self.store.complete_upload(ATTEMPT, content.path, upload_id, parts)

    async def upload(
        self, grant: TransferGrant, content: AsyncIterator[bytes], *, size: int, sha256: str
    ) -> str:
        if self.fails_after is not None and len(self.sizes) >= self.fails_after:
            raise ServiceUnavailableError("S3 is away")
        self.sizes.append(size)
        headers = grant.headers | {"Content-Length": str(size)}
        return await self._client.upload(grant.model_copy(update={"headers": headers}), content)


@pytest.fixture
async def rights(bucket: tuple[S3Client, Any], tmp_path: Path) -> AsyncIterator[Rights]:
    sizes = UploadSizes(limit=2**30, part=5 * MIB, parts_from=6 * MIB)
    store = S3ArtifactStore(bucket[0], "bucket", f"{tmp_path.name}/", sizes)
    async with Transport("http://no.invalid") as transport:
        yield Rights(store, transport)


def an_upload(rights: Rights, folder: Path, data: bytes) -> OutputUpload:
    file = folder / "file"
    file.write_bytes(data)
    content = OutputContent(file, PATH, len(data), hashlib.sha256(data).hexdigest())
    return OutputUpload(content, store=rights, rights=rights, find_grant=lambda: None)


async def read(rights: Rights) -> bytes:
    async with rights.store.open(ATTEMPT, PATH) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_upload_by_parts_goes_on_where_it_broke_off(rights: Rights, tmp_path: Path):
    data = bytes(range(256)) * (22 * MIB // 256)
    upload = an_upload(rights, tmp_path, data)
    rights.fails_after = 4
    with pytest.raises(ServiceUnavailableError):
        await upload.try_once()
    rights.fails_after = None

    await upload.try_once()

    assert rights.sizes == [5 * MIB] * 4 + [2 * MIB]
    assert len(rights.begun) == 1
    assert await read(rights) == data


async def test_upload_whose_answer_was_lost_finds_its_file_there(rights: Rights, tmp_path: Path):
    await an_upload(rights, tmp_path, b"data").try_once()

    await an_upload(rights, tmp_path, b"data").try_once()

    assert [plan.is_stored for plan in rights.begun] == [False, True]
    assert rights.sizes == [4]


async def test_name_that_is_taken_meanwhile_is_refused_and_begun_anew(
    rights: Rights, bucket: tuple[S3Client, Any], tmp_path: Path
):
    upload = an_upload(rights, tmp_path, b"ours")
    rights.fails_after = 0
    with pytest.raises(ServiceUnavailableError):
        await upload.try_once()
    rights.fails_after = None
    key = f"{tmp_path.name}/run/1/{PATH}"
    bucket[1].put_object(Bucket="bucket", Key=key, Body=b"left by another lease")

    with pytest.raises(UploadRefusedError, match="answered 412"):
        await upload.try_once()
    await upload.try_once()

    assert await read(rights) == b"ours"
