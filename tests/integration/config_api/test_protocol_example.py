"""The definition that the design shows is accepted as it stands there, its digest written out."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jsonschema
import pytest_asyncio
import yaml

from mlmon_config_api.app import create_app
from mlmon_shared.sealing import encode_key, public_key_of
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds

from .conftest import QUICK_HASHER, a_definition, a_pool, apply, asking, make_settings, running

EXAMPLE = Path(__file__).with_name("protocol-example.yaml")
YAML = {"Content-Type": "application/yaml"}


@pytest_asyncio.fixture
async def keeping_secrets(
    database_url: str, clock: FakeClock, ids: SequentialIds, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    key_file = tmp_path / "secrets.key"
    key_file.write_text(encode_key(bytes(range(32))))
    settings = make_settings(
        database_url,
        secrets_key_file=key_file,
        scheduler_public_key=encode_key(public_key_of(bytes(range(32, 64)))),
    )
    app = create_app(settings, clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with running(app), asking(app) as client:
        yield client


async def test_example_of_the_design_is_accepted_unchanged(keeping_secrets: httpx.AsyncClient):
    api = keeping_secrets
    for pool in ("cpu", "highmem"):
        body = a_pool(pool, cpu=8, memory="32Gi", disk="100Gi")
        assert (await api.put(f"/v1/pools/{pool}", json=body)).is_success
    resource = {"name": "warehouse-sessions", "capacity": 10}
    assert (await api.put("/v1/resources/warehouse-sessions", json=resource)).is_success
    secret = {"name": "warehouse-url", "value": "postgresql://warehouse"}
    assert (await api.put("/v1/secrets/warehouse-url", json=secret)).is_success
    await apply(api, a_definition("delay-train", outputs=[{"path": "model.joblib"}]))

    answer = await api.post("/v1/job-definitions", content=EXAMPLE.read_bytes(), headers=YAML)

    assert answer.is_success, answer.text
    assert answer.json()["change"] == "created"
    kept = (await api.get("/v1/job-definitions/delay-score")).json()["definition"]
    assert [each["from"] for each in kept["inputs"]] == [
        "artifact:delay-train/model.joblib",
        "s3://bucket/{{ client.name }}/features.parquet",
    ]
    again = await api.post("/v1/job-definitions", content=EXAMPLE.read_bytes(), headers=YAML)
    assert again.json()["change"] == "unchanged"


async def test_example_of_the_design_fits_the_published_schema(api: httpx.AsyncClient):
    schema = (await api.get("/v1/schemas/job-definition")).json()

    given = yaml.safe_load(EXAMPLE.read_text())

    jsonschema.validate(json.loads(json.dumps(given)), schema)
    given["inputs"][1]["sha256"] = "no digest"
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(given))
    assert [list(error.absolute_path) for error in errors] == [["inputs", 1, "sha256"]]
