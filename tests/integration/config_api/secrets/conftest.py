import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from mlmon_config_api.app import create_app
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.sealing import Unsealer, encode_key, public_key_of
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.wire.secrets import SealedSecret
from tests.integration.config_api.conftest import SERVICE, asking, make_settings, running

VALUE = "hunter2-never-shown"
PRIVATE = bytes(range(32))
REGION = "eu-west-1"
WEBHOOK_URL = "https://93.184.215.14/hook"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.key"
    write_keys(file, os.urandom(32))
    return file


def write_keys(file: Path, *keys: bytes) -> None:
    file.write_text("".join(f"{encode_key(key)}\n" for key in keys))


@pytest.fixture
def settings(database_url: str, keys: Path) -> ConfigApiSettings:
    public_key = encode_key(public_key_of(PRIVATE))
    return make_settings(
        database_url,
        secrets_key_file=keys,
        scheduler_public_key=public_key,
        secrets_refresh_seconds=0.1,
        aws_region=REGION,
        body_limit=256 * 1024,
    )


@pytest.fixture
def serving(clock: FakeClock, ids: SequentialIds) -> Any:
    @asynccontextmanager
    async def serve(settings: ConfigApiSettings) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(settings, clock=clock, ids=ids)
        async with running(app), asking(app) as client:
            yield client

    return serve


@pytest_asyncio.fixture
async def api(serving: Any, settings: ConfigApiSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings) as client:
        yield client


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """URL of a server that stands in for AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def with_aws(aws: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return lambda service: boto3.client(service, region_name=REGION, endpoint_url=aws)


async def put(api: httpx.AsyncClient, name: str = "db", **fields: object) -> httpx.Response:
    return await api.put(f"/v1/secrets/{name}", json={"name": name, **fields})


async def sealed(api: httpx.AsyncClient, name: str = "db") -> SealedSecret:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    snapshot = (await api.get("/v1/snapshot", headers=headers)).json()
    return next(
        SealedSecret.model_validate(each) for each in snapshot["secrets"] if each["name"] == name
    )


async def opened(api: httpx.AsyncClient, name: str = "db") -> str:
    return Unsealer([PRIVATE]).open(await sealed(api, name))


async def wrapped_by(api: httpx.AsyncClient, name: str = "db") -> str:
    return str((await api.get(f"/v1/secrets/{name}")).json()["wrapped_by"])


async def put_webhook(api: httpx.AsyncClient, name: str = "chat") -> str:
    webhook = {"name": name, "url": WEBHOOK_URL, "events": ["run.failed"]}
    secret: str = (await api.put(f"/v1/webhooks/{name}", json=webhook)).json()["secret"]
    return secret


async def signing(api: httpx.AsyncClient) -> dict[str, list[str]]:
    """The secrets that report-writer is given, by webhook."""
    headers = {"Authorization": f"Bearer {SERVICE}"}
    snapshot = (await api.get("/v1/snapshot/webhooks", headers=headers)).json()
    return {
        each["name"]: [secret["secret"] for secret in each["secrets"]]
        for each in snapshot["webhooks"]
    }


async def webhook_wrapped_by(api: httpx.AsyncClient, name: str = "chat") -> list[str]:
    found: list[str] = (await api.get(f"/v1/webhooks/{name}")).json()["secrets_wrapped_by"]
    return found
