"""Inputs from S3, which moto stands in for, and from the web."""

import hashlib
from typing import Any

import pytest

from mlmon_shared.errors import StaleFenceError
from tests.integration.scheduler.http.s3.conftest import FEATURES, PARAMETERS, Bucket, OnS3

pytestmark = pytest.mark.asyncio(loop_scope="session")
READER = {
    "name": "s3-reader",
    "image": "any",
    "command": ["true"],
    "parameters": PARAMETERS,
    "inputs": [{"from": FEATURES, "to": "features.csv"}],
}
CURIOUS = {
    "name": "s3-curious",
    "image": "any",
    "command": ["true"],
    "inputs": [{"from": "s3://payroll/salaries.csv", "to": "salaries.csv"}],
}
SURFER = {
    "name": "s3-surfer",
    "image": "any",
    "command": ["true"],
    "inputs": [
        {"from": "https://files.example/{{ client.name }}?k=v", "to": "a", "sha256": "0" * 64}
    ],
}


async def test_input_of_a_bucket_is_granted_as_it_is_now(on_s3: OnS3, bucket: Bucket):
    await on_s3.apply(READER)
    await on_s3.submit("s3-reader")

    (given,) = (await on_s3.agent.start()).spec.inputs

    assert (given.target, given.size, given.sha256) == ("features.csv", 8, None)
    assert given.source == "s3://inputs/acme/features-12.csv"
    assert given.etag == f'"{hashlib.md5(b"features").hexdigest()}"'  # noqa: S324 - as S3 has it
    assert given.download.url.startswith(f"{bucket.url}/inputs/acme/features-12.csv?X-Amz")
    assert given.download.headers["If-Match"] == given.etag
    assert await on_s3.agent.download(given.download) == b"features"


@pytest.mark.parametrize(
    ("definition", "params", "words"),
    [
        (READER, {"month": "13"}, "s3://inputs/acme/features-13.csv is not there"),
        (READER, {"month": "x/../../other/1"}, "is no key of an object"),
        (CURIOUS, {}, "s3://payroll/salaries.csv is in no bucket that jobs may read"),
    ],
)
async def test_input_that_cannot_be_had_fails_the_run_with_the_reason(
    on_s3: OnS3, definition: dict[str, Any], params: dict[str, Any], words: str
):
    await on_s3.apply(definition)
    run = await on_s3.submit(definition["name"], params=params)

    with pytest.raises(StaleFenceError):
        await on_s3.agent.start()

    ended = await on_s3.client.get_run(run.id)
    assert (ended.state, ended.cause) == ("failed", "user_error")
    reason = ended.reason or ""
    assert reason.startswith("An input cannot be had: ")
    assert words in reason


async def test_input_of_the_web_is_left_to_the_agent(on_s3: OnS3):
    await on_s3.apply(SURFER)
    await on_s3.submit("s3-surfer")

    (given,) = (await on_s3.agent.start()).spec.inputs

    assert (given.is_web, given.size, given.sha256) == (True, None, "0" * 64)
    assert given.download.url == "https://files.example/acme?k=v"
    assert given.source == "https://files.example/acme"
