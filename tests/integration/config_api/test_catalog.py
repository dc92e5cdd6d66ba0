"""Things that are saved together, or not at all."""

import socket
from typing import Any

import httpx
import pytest

from mlmon_config_api.app import create_app
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds

from .conftest import (
    QUICK_HASHER,
    a_definition,
    a_pool,
    apply,
    asking,
    faults_of,
    make_settings,
    revision_of,
    running,
)

DRY_RUN = {"dry_run": "true"}
NIGHTLY = {"cron": "0 2 * * *", "timezone": "Europe/London"}


async def save(
    api: httpx.AsyncClient, *, dry_run: bool = False, if_match: str = "", **lists: Any
) -> httpx.Response:
    return await api.post(
        "/v1/catalog",
        json=lists,
        params=DRY_RUN if dry_run else None,
        headers={"If-Match": if_match} if if_match else {},
    )


def changes_of(response: httpx.Response) -> list[tuple[str, str, str]]:
    assert response.status_code == 200, response.text
    return [
        (each["kind"], each["name"], each["change"])
        for each in [*response.json()["results"], *response.json()["archived"]]
    ]


def plan_of(response: httpx.Response, job: str) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    (plan,) = (each["plan"] for each in response.json()["results"] if each["name"] == job)
    return dict(plan)


async def names_of(api: httpx.AsyncClient, noun: str) -> list[str]:
    return [each["name"] for each in (await api.get(f"/v1/{noun}")).json()["items"]]


async def test_everything_is_saved_together_whatever_the_order(api: httpx.AsyncClient) -> None:
    score = a_definition(
        "score",
        depends_on=[{"job": "train"}],
        inputs=[{"from": "artifact:train/m", "to": "m"}],
        pools=["cpu"],
        concurrency={"resources": {"warehouse": 2}},
    )
    lists: dict[str, Any] = {
        "job_definitions": [score, a_definition("train", outputs=[{"path": "m"}])],
        "clients": [{"name": "acme"}],
        "resources": [{"name": "warehouse", "capacity": 2}],
        "pools": [a_pool("cpu")],
    }

    first = await save(api, **lists)
    again = await save(api, **lists)

    assert changes_of(first) == [
        ("pool", "cpu", "created"),
        ("resource", "warehouse", "created"),
        ("client", "acme", "created"),
        ("job-definition", "train", "created"),
        ("job-definition", "score", "created"),
    ]
    assert {change for _, _, change in changes_of(again)} == {"unchanged"}
    assert again.json()["config_revision"] == first.json()["config_revision"]
    assert first.json()["config_revision"] == await revision_of(api)
    audit = (await api.get("/v1/audit-events")).json()["items"]
    assert [event["name"] for event in audit][:5] == ["score", "train", "acme", "warehouse", "cpu"]


async def test_one_fault_keeps_everything_from_being_saved_and_all_faults_are_told(
    api: httpx.AsyncClient,
) -> None:
    before = await revision_of(api)

    refused = await save(
        api,
        pools=[a_pool("cpu"), {"name": "gpu", "resources": {"cpu": "many"}}],
        clients=[{"name": "acme"}, {"name": "acme"}],
        job_definitions=[
            a_definition("good", pools=["gpu"]),
            a_definition("typo", imgae="x", depends_on=[{"job": "nothing"}]),
            a_definition("large", pools=["cpu"], resources={"cpu": 64}),
            {"name": "empty"},
        ],
    )

    faults = faults_of(refused)
    assert list(faults) == [
        "/pools/1/resources/cpu",
        "/clients/1/name",
        "/job_definitions/1/imgae",
        "/job_definitions/1/depends_on/0/job",
        "/job_definitions/2/resources",
        "/job_definitions/3/image",
        "/job_definitions/3/command",
    ]
    assert faults["/job_definitions/2/resources"] == (
        "needs 64 cores; the largest host of pool cpu has 2"
    )
    assert await names_of(api, "pools") == []
    assert await names_of(api, "clients") == []
    assert await names_of(api, "job-definitions") == []
    assert await revision_of(api) == before


async def test_what_a_wrong_upstream_would_have_is_not_guessed(api: httpx.AsyncClient) -> None:
    refused = await save(
        api,
        job_definitions=[
            a_definition("score", inputs=[{"from": "artifact:train/m", "to": "m"}]),
            a_definition("train", outputs=[{"path": "m", "size": 1}]),
        ],
    )

    assert list(faults_of(refused)) == ["/job_definitions/1/outputs/0/size"]


async def test_dry_run_plans_by_what_stands_beside_and_changes_nothing(
    api: httpx.AsyncClient,
) -> None:
    before = await revision_of(api)
    train = a_definition("train", pools=["cpu"], resources={"cpu": 2}, schedule=NIGHTLY)

    planned = await save(
        api,
        dry_run=True,
        pools=[{**a_pool("cpu", cpu=4), "price_per_hour": 8}],
        clients=[{"name": "acme"}, {"name": "beta"}],
        job_definitions=[a_definition("score", depends_on=[{"job": "train"}]), train],
    )

    plan = plan_of(planned, "train")
    assert planned.json()["is_dry_run"]
    assert plan["pools"] == [{"pool": "cpu", "fits": True, "detail": ""}]
    assert (plan["scheduled_clients"], plan["scheduled_names"]) == (2, ["acme", "beta"])
    assert (len(plan["next_slots"]), plan["dependants"]) == (20, ["score"])
    assert plan["cost_per_hour"] == 4
    assert "MLMON_CONFIG_API_REPORT_WRITER_URL" in plan["cost_unknown"]
    assert await names_of(api, "pools") == []
    assert await revision_of(api) == before


async def test_jobs_are_archived_in_the_same_transaction(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("old", schedule=NIGHTLY))
    await apply(api, a_definition("older", depends_on=[{"job": "old"}]))

    planned = await save(api, dry_run=True, archive=["old", "older"])
    saved = await save(api, job_definitions=[a_definition("new")], archive=["old", "older"])
    again = await save(api, archive=["old"])

    assert [each["plan"]["removes_schedule"] for each in planned.json()["archived"]] == [
        True,
        False,
    ]
    assert changes_of(saved) == [
        ("job-definition", "new", "created"),
        ("job-definition", "old", "changed"),
        ("job-definition", "older", "changed"),
    ]
    assert changes_of(again) == [("job-definition", "old", "unchanged")]
    assert await names_of(api, "job-definitions") == ["new"]


async def test_conflicts_are_told_together_and_nothing_is_saved(api: httpx.AsyncClient) -> None:
    for name in ("gone", "base", "needed"):
        await apply(api, a_definition(name))
    await api.post("/v1/job-definitions/gone/archive")
    await api.put("/v1/clients/acme", json={"name": "acme"})
    await apply(api, a_definition("base", priority=2), params={"canary_clients": "acme"})

    refused = await save(
        api,
        pools=[a_pool("cpu")],
        job_definitions=[
            a_definition("gone"),
            a_definition("base", priority=3),
            a_definition("user", depends_on=[{"job": "needed"}]),
        ],
        archive=["needed"],
    )

    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, "urn:mlmon:problem:conflict")
    assert [(each["pointer"], each["detail"].split(";")[0]) for each in problem["errors"]] == [
        ("/job_definitions/0", 'the job "gone" is archived'),
        ("/job_definitions/1", "a canary of version 2 of base is in progress"),
        ("/archive/0", '"needed" cannot be archived: user depends on it'),
    ]
    assert await names_of(api, "pools") == []


async def test_unknown_job_to_archive_and_one_that_is_saved_too_are_faults(
    api: httpx.AsyncClient,
) -> None:
    await apply(api, a_definition("train"))

    refused = await save(api, job_definitions=[a_definition("train")], archive=["train", "trainn"])

    assert faults_of(refused) == {
        "/archive/0": '"train" stands among the job definitions too',
        "/archive/1": 'no job is named "trainn"; did you mean "train"?',
    }


@pytest.mark.parametrize(
    ("scopes", "lists", "lacking"),
    [
        (["author"], {"pools": [a_pool()]}, "pools ask for the scope operator"),
        (["operator"], {"archive": ["x"]}, "job definitions ask for the scope author"),
        (["reader"], {}, "lacks the scope author or operator"),
    ],
)
async def test_what_is_saved_decides_about_the_scope(
    api: httpx.AsyncClient, scopes: list[str], lists: dict[str, Any], lacking: str
) -> None:
    made = await api.post("/v1/tokens", json={"name": "ci", "scopes": scopes})
    token = {"Authorization": f"Bearer {made.json()['token']}"}

    refused = await api.post("/v1/catalog", json=lists, params=DRY_RUN, headers=token)

    assert refused.status_code == 403
    assert lacking in refused.json()["detail"]


async def test_author_saves_definitions_and_operator_what_they_run_on(
    api: httpx.AsyncClient,
) -> None:
    for scope, lists in (
        ("operator", {"pools": [a_pool()], "clients": [{"name": "acme"}]}),
        ("author", {"job_definitions": [a_definition()]}),
    ):
        made = await api.post("/v1/tokens", json={"name": scope, "scopes": [scope]})
        token = {"Authorization": f"Bearer {made.json()['token']}"}
        answer = await api.post("/v1/catalog", json=lists, headers=token)

        assert answer.status_code == 200, answer.text


async def test_thousands_of_clients_are_saved_at_once(api: httpx.AsyncClient) -> None:
    clients = [
        {"name": f"c{number:04}", "description": "x" * 20, "labels": {"tier": "gold"}}
        for number in range(1000)
    ]

    first = await save(api, clients=clients)

    assert {change for _, _, change in changes_of(first)} == {"created"}
    assert len(await names_of(api, "clients?limit=200")) == 200


async def test_pool_of_the_same_request_warns_of_names_that_nothing_has(
    api: httpx.AsyncClient,
) -> None:
    takes = {"jobs": ["train", "trainn"], "clients": {"names": ["acme", "acne"]}}

    planned = await save(
        api,
        dry_run=True,
        pools=[{**a_pool("cpu"), "takes": takes}],
        clients=[{"name": "acme"}],
        job_definitions=[a_definition("train")],
    )

    assert planned.json()["results"][0]["warnings"] == [
        {"pointer": "/takes/jobs/1", "detail": 'no job is named "trainn"; did you mean "train"?'},
        {
            "pointer": "/takes/clients/names/1",
            "detail": 'no client is named "acne"; did you mean "acme"?',
        },
    ]


async def test_history_that_is_away_leaves_every_cost_unknown_and_plans_the_rest(
    database_url: str, clock: FakeClock, ids: SequentialIds
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = make_settings(database_url, report_writer_url=nobody)
    app = create_app(settings, clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with running(app), asking(app) as api:
        planned = await save(
            api,
            dry_run=True,
            pools=[{**a_pool(), "price_per_hour": 4}],
            job_definitions=[a_definition("a"), a_definition("b")],
        )

    for job in ("a", "b"):
        plan = plan_of(planned, job)
        assert plan["cost_unknown"].startswith("history does not answer: ")
        assert plan["cost_per_hour"] == 2
