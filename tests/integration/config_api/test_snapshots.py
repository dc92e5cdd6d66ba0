import httpx
import pytest

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport

from .conftest import SERVICE, a_definition, a_pool, apply

AS_SERVICE = {"Authorization": f"Bearer {SERVICE}"}


async def test_snapshot_holds_everything_at_its_revision(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    await api.put("/v1/clients/AA", json={"name": "AA", "quotas": {"runs": 2}})
    await api.put("/v1/resources/warehouse", json={"name": "warehouse", "capacity": 3})
    await apply(api, a_definition(priority=1))
    last = await apply(api, a_definition(priority=2))

    response = await api.get("/v1/snapshot", headers=AS_SERVICE)

    snapshot = response.json()
    assert response.headers["ETag"] == f'"{snapshot["config_revision"]}"'
    assert snapshot["config_revision"] == last.json()["config_revision"]
    assert [item["version"] for item in snapshot["job_definitions"]] == [2]
    assert [(item["name"], item["quotas"]["runs"]) for item in snapshot["clients"]] == [("AA", 2)]
    assert [item["name"] for item in snapshot["pools"]] == ["cpu"]
    assert [(item["name"], item["capacity"]) for item in snapshot["resources"]] == [
        ("warehouse", 3)
    ]
    assert all(len(item["sha256"]) == 64 for item in snapshot["tokens"])


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"999999", "{}"'])
async def test_known_snapshot_is_not_sent_again(api: httpx.AsyncClient, form: str) -> None:
    etag = (await api.get("/v1/snapshot", headers=AS_SERVICE)).headers["ETag"]
    known = form.format(etag.strip('"'))

    response = await api.get("/v1/snapshot", headers={**AS_SERVICE, "If-None-Match": known})

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == etag


@pytest.mark.parametrize("known", ["", '"x"', "*", '"' + "9" * 400 + '"', '"-1"'])
async def test_strange_etags_get_the_snapshot(api: httpx.AsyncClient, known: str) -> None:
    response = await api.get("/v1/snapshot", headers={**AS_SERVICE, "If-None-Match": known})

    assert response.status_code == 200


async def test_followers_get_each_change_once(api: httpx.AsyncClient) -> None:
    transport = Transport("http://config-api", token=SERVICE, http=api)
    client = ConfigApiClient(transport)
    first = await client.get_snapshot()
    assert first is not None

    assert await client.get_snapshot(first.config_revision) is None
    await apply(api, a_definition(inputs=[], description="é ✓"))
    second = await client.get_snapshot(first.config_revision)

    assert second is not None
    assert second.config_revision == first.config_revision + 1
    assert second.job_definitions[0].definition.description == "é ✓"
