from typing import Any

import httpx
import pytest

from .conftest import a_definition, a_pool, apply, faults_of


async def put(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], **headers: str
) -> httpx.Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.put(f"/v1/{noun}/{entry['name']}", json=entry, headers=fields)


async def etag_of(api: httpx.AsyncClient, path: str) -> str:
    response = await api.get(f"/v1/{path}")
    assert response.status_code == 200, response.text
    return response.headers["ETag"]


@pytest.mark.parametrize(
    ("noun", "entry", "change"),
    [
        ("clients", {"name": "acme"}, {"weight": 2}),
        ("pools", a_pool("cpu"), {"kill_grace": "30s"}),
        ("resources", {"name": "warehouse", "capacity": 4}, {"capacity": 6}),
    ],
)
async def test_only_one_of_two_that_read_the_same_can_change_it(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], change: dict[str, Any]
) -> None:
    await put(api, noun, entry)
    seen = await etag_of(api, f"{noun}/{entry['name']}")
    first = await put(api, noun, {**entry, **change}, If_Match=seen)

    second = await put(api, noun, {**entry, "description": "mine"}, If_Match=seen)

    assert first.status_code == 200
    problem = second.json()
    assert (second.status_code, problem["type"]) == (412, "urn:mlmon:problem:precondition-failed")
    assert problem["changed_by"] == "bootstrap-admin"
    assert [line for line in problem["diff"].splitlines() if line[:1] == "+"][1:] != []
    assert problem["etag"] == await etag_of(api, f"{noun}/{entry['name']}")
    stored = (await api.get(f"/v1/{noun}/{entry['name']}")).json()
    assert stored.get("description", "") == ""


async def test_definition_is_changed_only_where_it_is_what_was_read(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())
    seen = await etag_of(api, "job-definitions/delay-train")
    await apply(api, a_definition(image="flights:2"))

    late = await api.post(
        "/v1/job-definitions", json=a_definition(image="flights:3"), headers={"If-Match": seen}
    )

    assert late.status_code == 412
    assert "+image: flights:2" in late.json()["diff"]
    assert (await api.get("/v1/job-definitions/delay-train")).json()["version"] == 2


async def test_dry_run_tells_of_the_others_change_too(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())

    late = await api.post(
        "/v1/job-definitions",
        params={"dry_run": "true"},
        json=a_definition(image="flights:3"),
        headers={"If-Match": '"0123"'},
    )

    assert late.status_code == 412


async def test_what_must_be_new_is_not_overwritten(api: httpx.AsyncClient) -> None:
    created = await put(api, "clients", {"name": "acme"}, If_None_Match="*")

    again = await put(api, "clients", {"name": "acme", "weight": 5}, If_None_Match="*")

    assert (created.status_code, again.status_code) == (201, 412)
    assert (await api.get("/v1/clients/acme")).json()["weight"] == 1


async def test_what_is_not_there_cannot_be_changed(api: httpx.AsyncClient) -> None:
    late = await put(api, "clients", {"name": "acme"}, If_Match='"0123"')

    assert late.status_code == 412
    assert "no client" in late.json()["detail"]


@pytest.mark.parametrize("tags", ['"other", TAG', "TAG", 'W/"weak",TAG'])
async def test_one_of_several_tags_is_enough(api: httpx.AsyncClient, tags: str) -> None:
    await put(api, "clients", {"name": "acme"})
    seen = await etag_of(api, "clients/acme")

    changed = await put(
        api, "clients", {"name": "acme", "weight": 5}, If_Match=tags.replace("TAG", seen)
    )

    assert changed.status_code == 200


@pytest.mark.parametrize("header", ["abc", '"a" "b"', '"open'])
async def test_malformed_tag_is_refused(api: httpx.AsyncClient, header: str) -> None:
    faults_of(await put(api, "clients", {"name": "acme"}, If_Match=header))
