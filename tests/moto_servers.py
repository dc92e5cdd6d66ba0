"""A server that stands in for AWS, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"


@contextmanager
def moto_server() -> Iterator[str]:
    """Yield its URL; credentials are taken from the environment, whatever they are."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield f"http://{host}:{port}"
        # What a server was given is kept by its process, for the next one, too.
        httpx.post(f"http://{host}:{port}/moto-api/reset").raise_for_status()
    server.stop()


def make_bucket(url: str, name: str) -> Any:
    """Make a bucket, and return a client of boto3 that may do everything."""
    client = boto3.client("s3", region_name=REGION, endpoint_url=url)
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client
