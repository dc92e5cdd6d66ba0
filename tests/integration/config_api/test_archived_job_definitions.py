from typing import Any

import httpx

from .conftest import SERVICE, a_definition, apply, faults_of, revision_of

JOBS = "/v1/job-definitions"


async def snapshot_of(api: httpx.AsyncClient) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    found: dict[str, Any] = (await api.get("/v1/snapshot", headers=headers)).json()
    return found


async def names(api: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["name"] for item in (await api.get(JOBS, params=params)).json()["items"]]


async def test_archived_job_is_listed_only_if_asked_for(api: httpx.AsyncClient) -> None:
    for name in ("train", "score"):
        await apply(api, a_definition(name))

    response = await api.post(f"{JOBS}/train/archive")

    assert (response.status_code, response.json()["change"]) == (200, "changed")
    assert await names(api) == ["score"]
    assert await names(api, archived="true") == ["score", "train"]
    kept = (await api.get(f"{JOBS}/train")).json()
    assert (kept["version"], kept["archived_by"]) == (1, "bootstrap-admin")


async def test_snapshot_names_archived_jobs_without_their_definitions(
    api: httpx.AsyncClient,
) -> None:
    await apply(api, a_definition("train"))
    revision = (await api.post(f"{JOBS}/train/archive")).json()["config_revision"]

    snapshot = await snapshot_of(api)

    assert snapshot["config_revision"] == revision
    assert (snapshot["job_definitions"], snapshot["archived_jobs"]) == ([], ["train"])


async def test_archiving_and_restoring_again_change_nothing(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train"))
    await api.post(f"{JOBS}/train/archive")
    before = await revision_of(api)
    again = (await api.post(f"{JOBS}/train/archive")).json()

    assert (again["change"], await revision_of(api)) == ("unchanged", before)
    assert (await api.post(f"{JOBS}/train/restore")).json()["change"] == "changed"
    assert (await api.post(f"{JOBS}/train/restore")).json()["change"] == "unchanged"
    assert await names(api) == ["train"]


async def test_archived_job_gets_no_new_version_until_it_is_restored(
    api: httpx.AsyncClient,
) -> None:
    await apply(api, a_definition("train"))
    await api.post(f"{JOBS}/train/archive")

    refused = await apply(api, a_definition("train", priority=2))
    await api.post(f"{JOBS}/train/restore")
    saved = await apply(api, a_definition("train", priority=2))

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:mlmon:problem:conflict")
    assert "mlmon jobs restore train" in refused.json()["detail"]
    assert (saved.status_code, saved.json()["version"]) == (201, 2)


async def test_job_that_others_depend_on_is_not_archived(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train", outputs=[{"path": "m"}]))
    await apply(api, a_definition("score", depends_on=[{"job": "train"}]))
    await apply(api, a_definition("check", inputs=[{"from": "artifact:train/m", "to": "m"}]))

    refused = await api.post(f"{JOBS}/train/archive")
    for name in ("score", "check"):
        await api.post(f"{JOBS}/{name}/archive")
    archived = await api.post(f"{JOBS}/train/archive")

    assert (refused.status_code, refused.json()["dependants"]) == (409, ["check", "score"])
    assert "check and score depend on it" in refused.json()["detail"]
    assert archived.json()["change"] == "changed"


async def test_job_is_restored_after_those_it_depends_on(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train"))
    await apply(api, a_definition("score", depends_on=[{"job": "train"}]))
    for name in ("score", "train"):
        await api.post(f"{JOBS}/{name}/archive")

    refused = await api.post(f"{JOBS}/score/restore")

    assert refused.status_code == 409
    assert "mlmon jobs restore train" in refused.json()["detail"]


async def test_definition_cannot_name_an_archived_job(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train", outputs=[{"path": "m"}]))
    await api.post(f"{JOBS}/train/archive")

    faults = faults_of(
        await apply(
            api,
            a_definition(
                "score",
                depends_on=[{"job": "train"}],
                inputs=[{"from": "artifact:train/m", "to": "m"}],
            ),
        )
    )

    assert set(faults) == {"/depends_on/0/job", "/inputs/0/from"}
    assert all("is archived; restore it first" in detail for detail in faults.values())


async def test_unknown_job_is_neither_archived_nor_restored(api: httpx.AsyncClient) -> None:
    assert (await api.post(f"{JOBS}/nothing/archive")).status_code == 404
    assert (await api.post(f"{JOBS}/nothing/restore")).status_code == 404
