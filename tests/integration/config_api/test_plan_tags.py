"""A plan of several things that is saved as it was, and what a plan warns of."""

from typing import Any

import httpx
import pytest

from .conftest import a_definition, a_pool, apply
from .test_catalog import changes_of, names_of, save


async def put_client(api: httpx.AsyncClient, **client: Any) -> None:
    path = f"/v1/clients/{client['name']}"
    (await api.put(path, json=client)).raise_for_status()


LISTS: dict[str, Any] = {
    "pools": [a_pool("cpu")],
    "resources": [{"name": "warehouse", "capacity": 2}],
    "clients": [{"name": "AA"}, {"name": "DL"}],
    "job_definitions": [a_definition("train")],
}


async def test_plan_is_saved_only_while_everything_is_as_it_was(api: httpx.AsyncClient) -> None:
    planned = await save(api, dry_run=True, **LISTS)
    etag = planned.json()["etag"]
    assert planned.headers["ETag"] == etag

    # What is not named changes the revision and not the plan.
    await put_client(api, name="UA")
    saved = await save(api, if_match=etag, **LISTS)
    assert {change for _, _, change in changes_of(saved)} == {"created"}
    # Sent again because the answer was lost.
    again = await save(api, if_match=etag, **LISTS)
    assert {change for _, _, change in changes_of(again)} == {"unchanged"}
    # The answer has the tag for the next.
    assert saved.json()["etag"] == again.json()["etag"] != etag
    more: dict[str, Any] = {**LISTS, "clients": [{"name": "AA", "weight": 2}, {"name": "DL"}]}
    assert changes_of(await save(api, if_match=saved.json()["etag"], **more))[2][2] == "changed"


async def test_who_changed_which_thing_since_the_plan_is_told(api: httpx.AsyncClient) -> None:
    await save(api, **LISTS)
    wanted: dict[str, Any] = {
        "clients": [{"name": "AA", "weight": 3}, {"name": "DL"}],
        "pools": [a_pool("cpu")],
        "archive": ["train"],
    }
    etag = (await save(api, dry_run=True, **wanted)).json()["etag"]
    await put_client(api, name="AA", weight=2)
    await put_client(api, name="UA")
    (await apply(api, a_definition("train", priority=70))).raise_for_status()

    for dry_run in (True, False):
        refused = await save(api, if_match=etag, dry_run=dry_run, **wanted)
        assert refused.status_code == 412
        problem = refused.json()
        assert problem["type"] == "urn:mlmon:problem:precondition-failed"
        assert 'bootstrap-admin has changed the job-definition "train"' in problem["detail"]
        assert "1 more of these things were changed; plan it again" in problem["detail"]
        told = [
            (each["kind"], each["name"], [place["pointer"] for place in each["places"]])
            for each in problem["changes"]
        ]
        assert told == [("job-definition", "train", ["/priority"]), ("client", "AA", ["/weight"])]
    assert (await api.get("/v1/clients/AA")).json()["weight"] == 2

    etag = refused.json()["etag"]
    assert changes_of(await save(api, if_match=f'"0.00", {etag}', **wanted))[-1] == (
        "job-definition",
        "train",
        "changed",
    )


async def test_pause_of_a_client_stands_against_no_plan(api: httpx.AsyncClient) -> None:
    await save(api, **LISTS)
    wanted: dict[str, Any] = {"clients": [{"name": "AA", "weight": 3}]}
    etag = (await save(api, dry_run=True, **wanted)).json()["etag"]
    (await api.post("/v1/clients/AA/pause", json={"reason": "unpaid"})).raise_for_status()
    assert changes_of(await save(api, if_match=etag, **wanted)) == [("client", "AA", "changed")]
    assert (await api.get("/v1/clients/AA")).json()["is_paused"]


@pytest.mark.parametrize("tag", ['"0123abcd"', '"7.0123abcd"', '"99999999999999999999.00"'])
async def test_tag_of_no_plan_saves_nothing(api: httpx.AsyncClient, tag: str) -> None:
    refused = await save(api, if_match=tag, clients=[{"name": "AA"}])
    assert refused.status_code == 412
    assert "plan it again" in refused.json()["detail"]
    assert await names_of(api, "clients") == []


async def test_jobs_that_a_smaller_pool_or_resource_strands_are_named(
    api: httpx.AsyncClient,
) -> None:
    jobs = {
        "large": a_definition("large", resources={"cpu": 2, "memory": "1Gi"}),
        "thirsty": a_definition("thirsty", concurrency={"resources": {"warehouse": 2}}),
        "small": a_definition("small", resources={"cpu": 1, "memory": "1Gi"}),
    }
    await save(api, **{**LISTS, "job_definitions": list(jobs.values())})
    shrunk: dict[str, Any] = {
        "pools": [a_pool("cpu", cpu=1)],
        "resources": [{"name": "warehouse", "capacity": 1}],
    }

    planned = (await save(api, dry_run=True, **shrunk)).json()["results"]
    told = [[warning["detail"] for warning in each["warnings"]] for each in planned]
    at = "could have no new runs any more:"
    assert told == [
        [f"the job large {at} needs 2 cores; the largest host of pool cpu has 1"],
        [f"the job thirsty {at} takes 2; the capacity of warehouse is 1"],
    ]

    # What is mended or archived in the same request is not stranded.
    mended = [{**jobs["large"], "resources": {"cpu": 1, "memory": "1Gi"}}]
    planned = (
        await save(api, dry_run=True, **shrunk, job_definitions=mended, archive=["thirsty"])
    ).json()["results"]
    assert [each["warnings"] for each in planned] == [[], [], []]

    put = {
        "pools/cpu": shrunk["pools"][0],
        "resources/warehouse": shrunk["resources"][0],
    }
    for (path, document), details in zip(put.items(), told, strict=True):
        answer = (await api.put(f"/v1/{path}", json=document)).raise_for_status().json()
        assert [warning["detail"] for warning in answer["warnings"]] == details
        # They are stranded already: the change strands nothing.
        again = (await api.put(f"/v1/{path}", json=document)).raise_for_status().json()
        assert again["warnings"] == []
