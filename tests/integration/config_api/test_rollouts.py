from typing import Any

import httpx
import pytest

from .conftest import SERVICE, a_definition, apply, faults_of, revision_of

JOB = "/v1/job-definitions/train"
CANARY = f"{JOB}/canary"
TEN_PERCENT = {"canary_percent": "10"}


def train(priority: int) -> dict[str, Any]:
    return a_definition("train", priority=priority)


@pytest.fixture
async def job(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A job with one version, and the clients c00 to c19."""
    await apply(api, train(1))
    for number in range(20):
        name = f"c{number:02}"
        await api.put(f"/v1/clients/{name}", json={"name": name})
    return api


@pytest.fixture
async def tried(job: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same with a canary of version 2."""
    await apply(job, train(2), params=TEN_PERCENT)
    return job


async def snapshot_of(api: httpx.AsyncClient) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    found: dict[str, Any] = (await api.get("/v1/snapshot", headers=headers)).json()
    return found


async def current_version(api: httpx.AsyncClient) -> int:
    version: int = (await api.get(JOB)).json()["version"]
    return version


async def test_canary_is_stored_and_not_made_current(job: httpx.AsyncClient) -> None:
    response = await apply(
        job, train(2), params={"canary_percent": "12.5", "canary_clients": "c03,c01,c03"}
    )

    result = response.json()
    canary = {"version": 2, "percent": 12.5, "clients": ["c01", "c03"]}
    assert (response.status_code, result["change"], result["version"]) == (201, "changed", 2)
    assert result["canary"] == canary
    assert result["config_revision"] == await revision_of(job)
    assert await current_version(job) == 1
    shown = (await job.get(CANARY)).json()
    assert {key: shown[key] for key in canary} == canary
    assert (shown["current_version"], shown["changed_by"]) == (1, "bootstrap-admin")
    assert shown["client_count"] >= 2


async def test_dry_run_of_a_canary_says_how_many_clients_it_has_and_stores_nothing(
    job: httpx.AsyncClient,
) -> None:
    await job.put(f"{JOB}/pins/c05", json={"version": 1})
    params = {"dry_run": "true", "canary_clients": "c01,c05"}

    plan = (await apply(job, train(2), params=params)).json()["plan"]

    assert (plan["pinned_clients"], plan["canary_clients"]) == (1, 1)
    assert (await job.get(CANARY)).status_code == 404
    assert (await job.get(f"{JOB}/versions/2")).status_code == 404


async def test_same_canary_again_changes_nothing(tried: httpx.AsyncClient) -> None:
    before = await revision_of(tried)

    again = (await apply(tried, train(2), params=TEN_PERCENT)).json()
    raised = (await apply(tried, train(2), params={"canary_percent": "50"})).json()

    assert (again["change"], again["config_revision"]) == ("unchanged", before)
    assert (raised["change"], raised["version"]) == ("changed", 2)
    assert (await tried.get(CANARY)).json()["percent"] == 50


async def test_next_canary_takes_the_place_of_the_one_before(tried: httpx.AsyncClient) -> None:
    result = (await apply(tried, train(3), params=TEN_PERCENT)).json()

    assert (result["version"], (await tried.get(CANARY)).json()["version"]) == (3, 3)


async def test_saving_what_is_tried_neither_promotes_it_nor_fails(
    tried: httpx.AsyncClient,
) -> None:
    result = (await apply(tried, train(2))).json()

    assert (result["change"], result["version"]) == ("unchanged", 1)
    assert "mlmon jobs canary promote" in result["warnings"][0]["detail"]
    assert await current_version(tried) == 1


async def test_another_version_is_refused_while_one_is_tried(tried: httpx.AsyncClient) -> None:
    refused = await apply(tried, train(3))
    await tried.delete(CANARY)
    saved = await apply(tried, train(3))

    assert refused.status_code == 409
    assert "a canary of version 2 of train is in progress" in refused.json()["detail"]
    assert (saved.status_code, saved.json()["version"]) == (201, 3)


async def test_promoted_canary_is_the_current_version(tried: httpx.AsyncClient) -> None:
    result = (await tried.post(f"{CANARY}/promote")).json()

    assert (result["change"], result["version"]) == ("changed", 2)
    assert await current_version(tried) == 2
    assert (await tried.get(CANARY)).status_code == 404
    assert (await tried.post(f"{CANARY}/promote")).status_code == 404


async def test_canary_that_could_not_be_saved_now_is_not_promoted(job: httpx.AsyncClient) -> None:
    await apply(job, a_definition("score"))
    depending = {**train(2), "depends_on": [{"job": "score"}]}
    await apply(job, depending, params=TEN_PERCENT)
    await apply(job, a_definition("score", depends_on=[{"job": "train"}]))

    refused = await job.post(f"{CANARY}/promote")

    assert refused.status_code == 409
    assert "cycle" in refused.json()["detail"]


async def test_canary_is_rolled_back_and_can_be_tried_again(tried: httpx.AsyncClient) -> None:
    rolled_back = (await tried.delete(CANARY)).json()
    again = (await tried.delete(CANARY)).json()
    started = await tried.put(CANARY, json={"version": 2, "clients": ["c01"]})

    assert (rolled_back["change"], again["change"]) == ("changed", "unchanged")
    assert (started.status_code, started.json()["change"]) == (201, "created")
    assert await current_version(tried) == 1


async def test_wrong_canaries_are_refused(tried: httpx.AsyncClient) -> None:
    async def faults(**body: object) -> dict[str, str]:
        return faults_of(await tried.put(CANARY, json=body))

    assert "name a percent over 0, or clients" in str(await faults())
    assert set(await faults(clients=["c01", "c0l"])) == {"/clients/1"}
    assert "current version already" in (await faults(version=1, percent=5))["/version"]
    assert "has no version 9" in (await faults(version=9, percent=5))["/version"]
    assert set(await faults(percent=101)) == {"/percent"}
    in_query = faults_of(await apply(tried, train(4), params={"canary_clients": "c0l"}))
    assert "query canary_clients" in in_query[""]


async def test_first_version_of_a_job_cannot_be_a_canary(api: httpx.AsyncClient) -> None:
    faults = faults_of(await apply(api, train(1), params=TEN_PERCENT))

    assert "has no version to compare with" in faults[""]


async def test_client_is_pinned_and_unpinned(tried: httpx.AsyncClient) -> None:
    pin = f"{JOB}/pins/c05"
    answers = [await tried.put(pin, json={"version": version}) for version in (1, 2, 2)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.json()["change"] for answer in answers] == ["created", "changed", "unchanged"]
    (shown,) = (await tried.get(f"{JOB}/pins")).json()["items"]
    assert (shown["client"], shown["version"]) == ("c05", 2)
    removed = [(await tried.delete(pin)).json()["change"] for _ in range(2)]
    assert removed == ["changed", "unchanged"]
    assert (await tried.get(f"{JOB}/pins")).json()["items"] == []


async def test_pins_are_listed_by_pages(job: httpx.AsyncClient) -> None:
    for number in range(3):
        await job.put(f"{JOB}/pins/c{number:02}", json={"version": 1})

    first = (await job.get(f"{JOB}/pins", params={"limit": 2})).json()
    second = (await job.get(f"{JOB}/pins", params={"cursor": first["next_cursor"]})).json()

    assert [item["client"] for item in first["items"]] == ["c00", "c01"]
    assert [item["client"] for item in second["items"]] == ["c02"]


async def test_only_what_exists_is_pinned(job: httpx.AsyncClient) -> None:
    assert set(faults_of(await job.put(f"{JOB}/pins/c01", json={"version": 7}))) == {"/version"}
    assert (await job.put(f"{JOB}/pins/nobody", json={"version": 1})).status_code == 404
    nothing = "/v1/job-definitions/nothing"
    assert (await job.put(f"{nothing}/pins/c01", json={"version": 1})).status_code == 404
    assert (await job.get(f"{nothing}/pins")).status_code == 404
    assert (await job.put(f"{nothing}/canary", json={"percent": 1})).status_code == 404
    assert (await job.put(CANARY, json={"percent": 1})).status_code == 404


async def test_snapshot_has_all_that_a_choice_of_version_needs(tried: httpx.AsyncClient) -> None:
    await apply(tried, train(3), params={"canary_percent": "10", "canary_clients": "c02"})
    await tried.put(f"{JOB}/pins/c05", json={"version": 2})
    await tried.put(f"{JOB}/pins/c04", json={"version": 2})
    await tried.put(f"{JOB}/pins/c06", json={"version": 1})

    snapshot = await snapshot_of(tried)

    (current,) = snapshot["job_definitions"]
    assert current["version"] == 1
    assert current["canary"] == {"version": 3, "percent": 10, "clients": ["c02"]}
    assert current["pins"] == {"1": ["c06"], "2": ["c04", "c05"]}
    others = snapshot["other_definitions"]
    assert [(each["version"], each["definition"]["priority"]) for each in others] == [
        (2, 2),
        (3, 3),
    ]


async def test_archived_job_is_neither_tried_nor_promoted(tried: httpx.AsyncClient) -> None:
    await tried.post(f"{JOB}/archive")

    assert (await tried.post(f"{CANARY}/promote")).status_code == 409
    assert (await tried.put(CANARY, json={"percent": 50})).status_code == 409
    assert (await snapshot_of(tried))["other_definitions"] == []


async def test_job_that_a_tried_version_depends_on_is_not_archived(
    job: httpx.AsyncClient,
) -> None:
    await apply(job, a_definition("clean"))
    await apply(job, {**train(2), "depends_on": [{"job": "clean"}]}, params=TEN_PERCENT)

    refused = await job.post("/v1/job-definitions/clean/archive")

    assert (refused.status_code, refused.json()["dependants"]) == (409, ["train"])
