"""Changing what is stored: nobody's change is lost."""

import asyncio
from typing import Any

import httpx
import pytest

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import InvalidRequestError, PreconditionFailedError

from .conftest import ADMIN, a_pool


@pytest.fixture
def config_api(api: httpx.AsyncClient) -> ConfigApiClient:
    return ConfigApiClient(Transport("http://config-api", token=ADMIN, http=api))


def labelled(document: dict[str, Any] | None, name: str) -> dict[str, Any]:
    known = document or {"name": "acme"}
    return {**known, "labels": {**known.get("labels", {}), name: "x"}}


async def test_changes_at_the_same_time_are_all_kept(config_api: ConfigApiClient) -> None:
    first = asyncio.Event()
    seen: list[dict[str, Any] | None] = []

    async def change_between() -> None:
        await config_api.change_client("acme", lambda found: labelled(found, "between"))
        first.set()

    def change(found: dict[str, Any] | None) -> dict[str, Any]:
        seen.append(found)
        return labelled(found, f"try-{len(seen)}")

    class Interrupted(ConfigApiClient):
        """Somebody else saves between the first read and the write."""

        async def _read(self, *arguments: Any) -> Any:
            found = await super()._read(*arguments)
            if not first.is_set():
                await change_between()
            return found

    await Interrupted(config_api._transport).change_client("acme", change)

    assert len(seen) == 2
    assert seen[0] is None
    assert (await config_api.get_client("acme")).labels == {"between": "x", "try-2": "x"}


async def test_pool_is_changed_and_the_rest_kept(
    api: httpx.AsyncClient, config_api: ConfigApiClient
) -> None:
    await api.put("/v1/pools/cpu", json={**a_pool("cpu"), "price_per_hour": 2})

    def change(found: dict[str, Any] | None) -> dict[str, Any]:
        assert found is not None
        return {**found, "labels": {"a": "b"}}

    result = await config_api.change_pool("cpu", change)

    pool = await config_api.get_pool("cpu")
    assert (result.change, pool.labels, pool.price_per_hour) == ("changed", {"a": "b"}, 2)


async def test_change_that_makes_no_client_is_refused(config_api: ConfigApiClient) -> None:
    with pytest.raises(InvalidRequestError, match="/weight"):
        await config_api.change_client("acme", lambda _: {"name": "acme", "weight": 0})


async def test_change_that_always_comes_too_late_is_given_up(config_api: ConfigApiClient) -> None:
    class Late(ConfigApiClient):
        async def _read(self, *arguments: Any) -> Any:
            found, _ = await super()._read(*arguments)
            return found, {"If-Match": '"another"'}

    await config_api.change_client("acme", lambda found: labelled(found, "first"))

    with pytest.raises(PreconditionFailedError):
        await Late(config_api._transport).change_client("acme", lambda found: labelled(found, "x"))


@pytest.mark.parametrize("kind", ["client", "pool"])
async def test_what_a_later_server_knows_more_is_not_lost(
    api: httpx.AsyncClient, kind: str
) -> None:
    class Later(Transport):
        async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
            response = await super().send(method, path, **options)
            if method != "GET":
                return response
            document = {**response.json(), "novel": 1}
            return httpx.Response(200, json=document, headers=response.headers)

    await api.put("/v1/clients/cpu", json={"name": "cpu"})
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    later = ConfigApiClient(Later("http://config-api", token=ADMIN, http=api))
    change = later.change_client if kind == "client" else later.change_pool

    with pytest.raises(InvalidRequestError, match="has /novel, which this version does not know"):
        await change("cpu", lambda found: {**(found or {}), "description": "mine"})
