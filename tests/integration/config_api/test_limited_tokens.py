"""What tokens that are limited to clients or jobs see of the configuration."""

from typing import Any

import httpx
import pytest_asyncio

from .conftest import a_definition, apply

NIGHTLY = {"cron": "0 2 * * *", "clients": {"names": ["acme", "bolt"]}}
OTHERS = {"cron": "0 2 * * *", "clients": {"names": ["bolt"]}}


async def _token(api: httpx.AsyncClient, **limits: object) -> dict[str, str]:
    request = {"name": f"t-{len(str(limits))}", "scopes": ["reader"], **limits}
    made = await api.post("/v1/tokens", json=request)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


@pytest_asyncio.fixture
async def stocked(api: httpx.AsyncClient) -> httpx.AsyncClient:
    for name in ("acme", "bolt", "coda"):
        await api.put(f"/v1/clients/{name}", json={"name": name})
    await apply(api, a_definition("train", schedule=NIGHTLY))
    await apply(api, a_definition("score", schedule=OTHERS))
    return api


async def _names(api: httpx.AsyncClient, path: str, as_who: dict[str, str]) -> list[Any]:
    answer = await api.get(path, headers=as_who)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return [item.get("name", item.get("job")) for item in answer.json()["items"]]


async def test_token_of_clients_sees_no_other_client(stocked: httpx.AsyncClient) -> None:
    acme = await _token(stocked, clients=["acme"])

    assert await _names(stocked, "/v1/clients?limit=1", acme) == ["acme"]
    assert (await stocked.get("/v1/clients/acme", headers=acme)).status_code == 200
    hidden = await stocked.get("/v1/clients/bolt", headers=acme)
    missing = await stocked.get("/v1/clients/nobody", headers=acme)
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json()["detail"].replace("bolt", "nobody") == missing.json()["detail"]


async def test_schedules_name_and_count_no_other_client(stocked: httpx.AsyncClient) -> None:
    acme = await _token(stocked, clients=["acme"])

    assert await _names(stocked, "/v1/schedules", acme) == ["train"]
    shown = (await stocked.get("/v1/schedules/train", headers=acme)).json()
    assert (shown["schedule"]["clients"]["names"], shown["clients"]) == (["acme"], 1)
    assert (await stocked.get("/v1/schedules/score", headers=acme)).status_code == 404
    for path in ("", "/train", "/train/versions", "/train/versions/1", "/score"):
        answer = await stocked.get(f"/v1/job-definitions{path}", headers=acme)
        assert answer.status_code == 200
        assert "bolt" not in answer.text


async def test_token_of_jobs_sees_no_other_job(stocked: httpx.AsyncClient) -> None:
    of_train = await _token(stocked, jobs=["train"])

    assert await _names(stocked, "/v1/job-definitions?limit=1", of_train) == ["train"]
    assert await _names(stocked, "/v1/schedules", of_train) == ["train"]
    for path in ("job-definitions/score", "job-definitions/score/versions", "schedules/score"):
        answer = await stocked.get(f"/v1/{path}", headers=of_train)
        assert answer.status_code == 404
        missing = await stocked.get(f"/v1/{path.replace('score', 'nothing')}", headers=of_train)
        assert answer.json()["detail"].replace("score", "nothing") == missing.json()["detail"]
