import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport

from .conftest import a_definition, a_pool, apply, faults_of, revision_of

EXAMPLE = Path(__file__).parents[3] / "examples" / "flight-delays"
YAML = {"Content-Type": "application/yaml"}


async def test_first_apply_makes_version_one(api: httpx.AsyncClient) -> None:
    response = await apply(api, a_definition())

    assert response.status_code == 201
    result = response.json()
    assert (result["change"], result["version"], result["is_dry_run"]) == ("created", 1, False)
    stored = (await api.get("/v1/job-definitions/delay-train")).json()
    assert (stored["version"], stored["created_by"]) == (1, "bootstrap-admin")
    assert stored["definition"]["command"] == ["python", "train.py"]
    assert result["config_revision"] == await revision_of(api)


async def test_changed_definition_makes_the_next_version_and_shows_the_difference(
    api: httpx.AsyncClient,
) -> None:
    await apply(api, a_definition(priority=50))

    response = await apply(api, a_definition(priority=60))

    assert response.status_code == 201
    result = response.json()
    assert (result["change"], result["version"]) == ("changed", 2)
    assert "--- delay-train v1\n+++ delay-train v2\n" in result["diff"]
    assert "-priority: 50\n+priority: 60\n" in result["diff"]


async def test_saves_at_the_same_time_close_no_cycle(api: httpx.AsyncClient) -> None:
    names = [f"job-{number}" for number in range(6)]
    for name in names:
        await apply(api, a_definition(name))
    circle = zip(names, [*names[1:], names[0]], strict=True)

    answers = await asyncio.gather(
        *(apply(api, a_definition(one, depends_on=[{"job": next_}])) for one, next_ in circle)
    )

    refused = [answer for answer in answers if answer.status_code != 201]
    (fault,) = refused[0].json()["errors"]
    assert len(refused) == 1
    assert fault["pointer"] == "/depends_on/0/job"
    assert all(name in fault["detail"] for name in names)


async def test_identical_content_makes_no_version_and_no_revision(api: httpx.AsyncClient) -> None:
    first = await apply(api, a_definition(resources={"memory": "1Gi"}, labels={"b": "1", "a": "2"}))
    same = f"""
        name: delay-train
        image: flights:1
        command: [python, train.py]
        resources: {{cpu: 1.0, memory: {2**30}}}
        labels: {{a: "2", b: "1"}}
    """

    response = await api.post("/v1/job-definitions", content=same, headers=YAML)

    assert response.status_code == 200
    result = response.json()
    assert (result["change"], result["version"], result["diff"]) == ("unchanged", 1, "")
    assert result["config_revision"] == first.json()["config_revision"] == await revision_of(api)


async def test_resources_and_required_labels_in_another_order_make_no_version(
    api: httpx.AsyncClient,
) -> None:
    for name in ("b", "aa"):
        await api.put(f"/v1/resources/{name}", json={"name": name, "capacity": 1})
    first = a_definition(
        concurrency={"resources": {"aa": 1, "b": 1}}, requires={"labels": {"aa": "1", "b": "1"}}
    )
    second = a_definition(
        concurrency={"resources": {"b": 1, "aa": 1}}, requires={"labels": {"b": "1", "aa": "1"}}
    )
    await apply(api, first)

    assert [(await apply(api, each)).json()["change"] for each in (first, second)] == [
        "unchanged",
        "unchanged",
    ]


async def test_true_and_one_are_different_content(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition(parameters={"properties": {"x": {"const": 1}}}))

    response = await apply(api, a_definition(parameters={"properties": {"x": {"const": True}}}))

    assert response.json()["version"] == 2


@pytest.mark.parametrize("number", [1e22, 1e-7, 10.0, 2**70])
async def test_numbers_that_jsonb_writes_otherwise_stay_identical(
    api: httpx.AsyncClient, number: float
) -> None:
    definition = a_definition(parameters={"properties": {"x": {"maximum": number}}})
    await apply(api, definition)

    response = await apply(api, definition)

    assert response.json()["change"] == "unchanged"


async def test_dry_run_shows_the_change_and_stores_nothing(api: httpx.AsyncClient) -> None:
    before = await revision_of(api)

    response = await apply(api, a_definition(), params={"dry_run": "true"})

    assert response.status_code == 200
    result = response.json()
    assert (result["change"], result["version"], result["is_dry_run"]) == ("created", 1, True)
    assert "+name: delay-train\n" in result["diff"]
    assert (await api.get("/v1/job-definitions/delay-train")).status_code == 404
    assert await revision_of(api) == before


async def test_older_versions_stay_readable(api: httpx.AsyncClient) -> None:
    for priority in (10, 20, 30):
        await apply(api, a_definition(priority=priority))

    versions = (await api.get("/v1/job-definitions/delay-train/versions")).json()["items"]
    second = (await api.get("/v1/job-definitions/delay-train/versions/2")).json()

    assert [item["version"] for item in versions] == [3, 2, 1]
    assert second["definition"]["priority"] == 20


async def test_versions_are_paged_newest_first(api: httpx.AsyncClient) -> None:
    for priority in (10, 20, 30):
        await apply(api, a_definition(priority=priority))
    url = "/v1/job-definitions/delay-train/versions"

    first = (await api.get(url, params={"limit": 2})).json()
    second = (await api.get(url, params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [item["version"] for item in first["items"]] == [3, 2]
    assert [item["version"] for item in second["items"]] == [1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "path", ["nothing", "nothing/versions", "nothing/versions/1", "delay-train/versions/2"]
)
async def test_what_does_not_exist_is_not_found(api: httpx.AsyncClient, path: str) -> None:
    await apply(api, a_definition())

    response = await api.get(f"/v1/job-definitions/{path}")

    assert response.status_code == 404
    assert response.json()["type"] == "urn:mlmon:problem:not-found"


async def test_concurrent_applies_of_one_change_make_one_version(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition())

    answers = await asyncio.gather(*(apply(api, a_definition(priority=9)) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.json()["version"] for answer in answers} == {2}


async def test_concurrent_different_changes_make_gapless_versions(api: httpx.AsyncClient) -> None:
    before = await revision_of(api)

    answers = await asyncio.gather(*(apply(api, a_definition(priority=n)) for n in range(8)))

    results = sorted((answer.json() for answer in answers), key=lambda result: result["version"])
    assert [result["version"] for result in results] == list(range(1, 9))
    assert [result["config_revision"] for result in results] == list(range(before + 1, before + 9))


async def test_example_of_flight_delays_is_accepted(api: httpx.AsyncClient) -> None:
    for pool in yaml.safe_load((EXAMPLE / "pools.yaml").read_text()):
        assert (await api.put(f"/v1/pools/{pool['name']}", json=pool)).status_code == 201
    for client in yaml.safe_load((EXAMPLE / "clients.yaml").read_text()):
        assert (await api.put(f"/v1/clients/{client['name']}", json=client)).status_code == 201
    for job in ("delay-train", "delay-score", "delay-summary"):
        content = (EXAMPLE / f"{job}.yaml").read_bytes()

        response = await api.post("/v1/job-definitions", content=content, headers=YAML)

        assert response.status_code == 201, response.text


async def test_our_own_client_applies_reads_and_lists(api: httpx.AsyncClient) -> None:
    client = ConfigApiClient(Transport("http://config-api", token="admin-secret", http=api))

    await client.apply_job_definition(b"{name: a, image: i, command: [c]}")
    await client.apply_job_definition(b"{name: b, image: i, command: [c]}")

    first = await client.list_job_definitions(limit=1)
    second = await client.list_job_definitions(limit=1, cursor=first.next_cursor)
    assert [item.name for item in [*first.items, *second.items]] == ["a", "b"]
    assert (await client.get_job_definition("a", 1)).definition.image == "i"


async def test_definitions_are_filtered_by_the_start_of_their_name(api: httpx.AsyncClient) -> None:
    for name in ("flight-train", "flight_score", "train"):
        await apply(api, a_definition(name))

    found = (await api.get("/v1/job-definitions", params={"name": "flight_"})).json()

    assert [item["name"] for item in found["items"]] == ["flight_score"]


@pytest.mark.parametrize(
    ("cpu", "status"), [(2, 201), (3, 422)], ids=["fits the second pool", "fits no pool"]
)
async def test_one_allowed_pool_that_fits_is_enough(
    api: httpx.AsyncClient, cpu: float, status: int
) -> None:
    for pool in (a_pool("small", cpu=1), a_pool("cpu", cpu=2)):
        await api.put(f"/v1/pools/{pool['name']}", json=pool)
    definition: dict[str, Any] = a_definition(resources={"cpu": cpu}, pools=["small", "cpu"])

    response = await apply(api, definition)

    assert response.status_code == status


async def test_pools_are_not_checked_while_none_is_stored(api: httpx.AsyncClient) -> None:
    response = await apply(api, a_definition(pools=["cpu"], resources={"cpu": 1000}))

    assert response.status_code == 201


async def test_job_that_wants_a_host_of_its_own_is_stored_where_it_fits(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())

    stored = await apply(api, a_definition(resources={"cpu": 2, "exclusive": True}))
    too_large = await apply(api, a_definition(resources={"cpu": 3, "exclusive": True}))

    assert stored.status_code == 201, stored.text
    assert faults_of(too_large) == {
        "/resources": "needs 3 cores; the largest host of pool cpu has 2"
    }
