"""A scheduler with its artifacts in S3, which moto stands in for."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.runs import ArtifactDocument, RunDocument, RunSubmission
from mlmon_shared.wire.uploads import FileUpload, UploadPlan
from tests.integration.scheduler.http.agents import FakeAgent, Started
from tests.integration.scheduler.http.services import Services
from tests.moto_servers import REGION, make_bucket, moto_server

MIB = 2**20
BUCKET, PREFIX, INPUTS = "artifacts", "team/", "inputs"
FEATURES = f"s3://{INPUTS}/{{{{ client.name }}}}/features-{{{{ params.month }}}}.csv"
PARAMETERS = {"type": "object", "properties": {"month": {"default": "12"}}}


@dataclass
class Bucket:
    url: str
    s3: Any

    def names(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [each["Key"] for each in listed]


@pytest.fixture(scope="package")
def bucket() -> Iterator[Bucket]:
    with moto_server() as url:
        made = Bucket(url, make_bucket(url, BUCKET))
        made.s3.close()
        made.s3 = make_bucket(url, INPUTS)
        made.s3.put_object(Bucket=INPUTS, Key="acme/features-12.csv", Body=b"features")
        yield made
        made.s3.close()


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def replica(shared_services: Services, bucket: Bucket) -> AsyncIterator[Services]:
    """Another scheduler of the same runs, with its artifacts in S3."""
    await shared_services.start_scheduler(
        "on-s3",
        artifacts_folder=None,
        artifacts_url=f"s3://{BUCKET}/{PREFIX}",
        artifact_part_size=5 * MIB,
        artifact_parts_from=6 * MIB,
        input_buckets=INPUTS,
        aws_region=REGION,
        aws_endpoint_url=bucket.url,
    )
    yield shared_services
    await shared_services.stop("on-s3")


@dataclass
class OnS3:
    """What tests do with that scheduler."""

    services: Services
    url: str
    client: SchedulerClient
    agent: FakeAgent
    is_down: bool = False

    async def apply(self, definition: dict[str, Any]) -> None:
        await self.services.config_api.apply_job_definition(json.dumps(definition).encode())

    async def submit(self, job: str, **fields: Any) -> RunDocument:
        return await self.client.submit_run(RunSubmission(job=job, client="acme", **fields))

    async def begin(
        self,
        started: Started,
        path: str = "model.joblib",
        content: bytes = b"model",
        **changes: Any,
    ) -> UploadPlan:
        grant = started.grant
        upload = FileUpload(
            session=self.agent.registered.session,
            attempt=grant.attempt,
            fence=grant.fence,
            path=path,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        return await self.agent.client.begin_upload(grant.run_id, upload.model_copy(update=changes))

    async def upload(self, started: Started, content: bytes = b"model") -> ArtifactDocument:
        plan = await self.begin(started, content=content)
        assert plan.grant is not None
        answer = await self.services.http.put(
            plan.grant.url, headers=plan.grant.headers, content=content
        )
        answer.raise_for_status()
        sha256 = hashlib.sha256(content).hexdigest()
        return ArtifactDocument(path="model.joblib", size=len(content), sha256=sha256)

    async def read(self, run_id: str, path: str = "model.joblib") -> bytes:
        async with self.client.open_artifact(run_id, path) as response:
            return await response.aread()


@pytest_asyncio.fixture(loop_scope="session")
async def on_s3(replica: Services, services: Services, bucket: Bucket) -> AsyncIterator[OnS3]:
    url = replica.urls["on-s3"]
    token = services.tokens["submitter"]
    agent = await FakeAgent(url, services.tokens["agent-cpu"], services.http).register()
    client = SchedulerClient(Transport(url, token=token, http=services.http, tries=1))
    yield OnS3(services, url, client, agent)
    for name in bucket.names():
        bucket.s3.delete_object(Bucket=BUCKET, Key=name)
