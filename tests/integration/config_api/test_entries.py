import asyncio
from typing import Any

import httpx
import pytest

from .conftest import a_definition, a_pool, apply, faults_of, revision_of

RELEASE = {"version": "2", "url": "https://files.example.com/a.pyz", "sha256": "ab" * 32}


def a_client(name: str = "AA", **changed: object) -> dict[str, Any]:
    return {"name": name, **changed}


def a_resource(name: str = "warehouse", capacity: int = 4) -> dict[str, Any]:
    return {"name": name, "capacity": capacity}


async def put(api: httpx.AsyncClient, noun: str, entry: dict[str, Any]) -> httpx.Response:
    return await api.put(f"/v1/{noun}/{entry['name']}", json=entry)


@pytest.mark.parametrize(
    ("noun", "entry", "change"),
    [
        ("clients", a_client(weight=1), {"weight": 2}),
        ("clients", a_client(), {"quotas": {"runs": 5}}),
        ("pools", a_pool("cpu"), {"kill_grace": "30s"}),
        ("resources", a_resource(), {"capacity": 6}),
    ],
)
async def test_put_creates_then_changes_then_leaves_alone(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], change: dict[str, Any]
) -> None:
    answers = [
        await put(api, noun, entry),
        await put(api, noun, {**entry, **change}),
        await put(api, noun, {**entry, **change}),
    ]

    results = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [result["change"] for result in results] == ["created", "changed", "unchanged"]
    assert results[1]["diff"].startswith("--- ")
    assert results[2]["diff"] == ""
    first = results[0]["config_revision"]
    assert [result["config_revision"] for result in results] == [first, first + 1, first + 1]


async def test_stored_pool_is_read_back(api: httpx.AsyncClient) -> None:
    await put(api, "pools", {**a_pool("cpu", gpus=4), "stop_after": "5m"})

    pool = (await api.get("/v1/pools/cpu")).json()

    assert (pool["resources"]["gpus"], pool["resources"]["memory"]) == (4, 2 * 2**30)
    assert pool["stop_after"] == 300


async def test_stored_quotas_and_capacities_are_read_back_and_listed(
    api: httpx.AsyncClient,
) -> None:
    client = a_client(quotas={"runs": 5})
    resource = {**a_resource(), "description": "Sessions of the warehouse."}
    await put(api, "clients", client)
    await put(api, "resources", resource)

    assert (await api.get("/v1/clients/AA")).json()["quotas"]["runs"] == 5
    stored = (await api.get("/v1/resources/warehouse")).json()
    assert {**stored, "etag": None} == {**resource, "etag": None}
    assert (await api.get("/v1/resources")).json() == {"items": [stored], "next_cursor": None}


async def test_pool_keeps_what_people_say_of_it(api: httpx.AsyncClient) -> None:
    said = {
        "labels": {"gpu": "t4"},
        "takes": {"shapes": [{"cpu": 1}], "job_labels": {"team": "growth"}},
        "scaling": {"kind": "static", "min_hosts": 1, "max_hosts": 4},
        "instances": {"accounts": ["123456789012"], "regions": ["eu-west-2"]},
        "agent_release": RELEASE,
    }
    assert (await put(api, "pools", {**a_pool("cpu"), **said})).status_code == 201

    pool = (await api.get("/v1/pools/cpu")).json()

    assert (pool["labels"], pool["scaling"]) == (said["labels"], said["scaling"])
    assert pool["takes"]["shapes"][0]["cpu"] == 1
    assert pool["takes"]["job_labels"] == {"team": "growth"}
    assert pool["agent_release"] == said["agent_release"]
    assert pool["instances"]["accounts"] == ["123456789012"]
    assert (pool["instances"]["regions"], pool["instances"]["types"]) == (["eu-west-2"], [])


async def test_pool_that_contradicts_itself_is_refused(api: httpx.AsyncClient) -> None:
    pool = {**a_pool("cpu"), "takes": {"shapes": [{"gpus": 9}]}, "scaling": {"min_hosts": 1}}

    assert list(faults_of(await put(api, "pools", pool))) == ["/takes/shapes/0/gpus"]


@pytest.mark.parametrize("noun", ["clients", "pools", "resources"])
async def test_missing_entry_is_not_found(api: httpx.AsyncClient, noun: str) -> None:
    assert (await api.get(f"/v1/{noun}/nobody")).status_code == 404


@pytest.mark.parametrize(
    ("noun", "entry"),
    [("clients", a_client("b")), ("pools", a_pool("b")), ("resources", a_resource("b"))],
)
async def test_name_in_the_body_must_be_the_one_in_the_path(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any]
) -> None:
    response = await api.put(f"/v1/{noun}/a", json=entry)

    assert list(faults_of(response)) == ["/name"]


@pytest.mark.parametrize(
    ("noun", "entry", "pointer"),
    [
        ("clients", a_client(weigth=2), "/weigth"),
        ("clients", a_client(weight=0), "/weight"),
        ("clients", a_client(labels={"a": 1}), "/labels/a"),
        ("clients", a_client(quotas={"runs": 0}), "/quotas/runs"),
        ("clients", a_client(quotas={"run": 1}), "/quotas/run"),
        ("pools", {"name": "AA"}, "/resources"),
        ("pools", {**a_pool("AA"), "stop_after": "1s"}, "/stop_after"),
        (
            "pools",
            {**a_pool("AA"), "agent_release": RELEASE | {"sha256": "ab"}},
            "/agent_release/sha256",
        ),
        ("pools", {**a_pool("AA"), "instances": {}}, "/instances/accounts"),
        ("pools", {**a_pool("AA"), "instances": {"accounts": []}}, "/instances/accounts"),
        ("pools", {**a_pool("AA"), "instances": {"accounts": [1]}}, "/instances/accounts/0"),
        ("pools", {**a_pool("AA"), "instances": {"accounts": ["12"]}}, "/instances/accounts/0"),
        ("resources", {"name": "AA"}, "/capacity"),
        ("resources", a_resource("AA", -1), "/capacity"),
    ],
)
async def test_bad_entry_is_refused_at_its_place(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], pointer: str
) -> None:
    before = await revision_of(api)

    response = await put(api, noun, entry)

    assert list(faults_of(response)) == [pointer]
    assert await revision_of(api) == before


@pytest.mark.parametrize("path", ["/v1/clients/a%00b", "/v1/pools/a%20b", "/v1/clients/-"])
async def test_malformed_name_in_the_path_is_refused(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 422


async def test_clients_are_paged_in_byte_order(api: httpx.AsyncClient) -> None:
    for name in ("b", "a", "B", "9E", "a.1"):
        await put(api, "clients", a_client(name))
    found: list[str] = []
    cursor = None

    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/clients", params=query)).json()
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == ["9E", "B", "a", "a.1", "b"]


async def test_clients_are_filtered_by_all_labels(api: httpx.AsyncClient) -> None:
    await put(api, "clients", a_client("one", labels={"tier": "gold", "zone": "eu:1"}))
    await put(api, "clients", a_client("two", labels={"tier": "gold"}))

    query = {"label": ["tier:gold", "zone:eu:1"]}
    found = (await api.get("/v1/clients", params=query)).json()["items"]

    assert [item["name"] for item in found] == ["one"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=%21",
        "cursor=AA",
        "cursor=",
        "cursor=YQ%3D%3D",
        "limit=0",
        "limit=201",
        "limit=x",
        "label=tier",
        "label=a:%00",
        "name=%00",
    ],
)
async def test_bad_query_is_refused(api: httpx.AsyncClient, query: str) -> None:
    response = await api.get(f"/v1/clients?{query}")

    assert list(faults_of(response)) == [""]


@pytest.mark.parametrize("cursor", ["YQ", "OTk5OTk5OTk5OTk5"])
async def test_cursor_of_another_list_is_refused_by_versions(
    api: httpx.AsyncClient, cursor: str
) -> None:
    await apply(api, a_definition())

    response = await api.get(f"/v1/job-definitions/delay-train/versions?cursor={cursor}")

    assert list(faults_of(response)) == [""]


async def test_concurrent_puts_of_one_client_create_it_once(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(put(api, "clients", a_client()) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


async def test_shrunken_pool_leaves_stored_definitions_alone(api: httpx.AsyncClient) -> None:
    await put(api, "pools", a_pool("cpu", cpu=8))
    await apply(api, a_definition(resources={"cpu": 8}))

    response = await put(api, "pools", a_pool("cpu", cpu=1))

    assert response.status_code == 200


async def test_lowered_capacity_leaves_stored_definitions_alone(api: httpx.AsyncClient) -> None:
    await put(api, "resources", a_resource(capacity=4))
    await apply(api, a_definition(concurrency={"resources": {"warehouse": 4}}))

    response = await put(api, "resources", a_resource(capacity=1))

    assert response.status_code == 200


async def test_only_operators_change_resources(api: httpx.AsyncClient) -> None:
    request = {"name": "author", "scopes": ["author"]}
    token = (await api.post("/v1/tokens", json=request)).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert (await api.get("/v1/resources", headers=headers)).status_code == 200
    response = await api.put("/v1/resources/warehouse", json=a_resource(), headers=headers)
    assert response.status_code == 403
