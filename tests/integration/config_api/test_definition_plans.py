import httpx
import pytest

from .conftest import a_definition, a_pool, apply

DRY_RUN = {"dry_run": "true"}


@pytest.mark.parametrize("image", ["flights", "flights:latest", "host:5000/team/flights"])
async def test_image_that_may_change_is_warned_of_and_saved(
    api: httpx.AsyncClient, image: str
) -> None:
    first = await apply(api, a_definition(image=image))
    again = await apply(api, a_definition(image=image))

    assert (first.status_code, again.json()["change"]) == (201, "unchanged")
    for answer in (first, again):
        (warning,) = answer.json()["warnings"]
        assert warning["pointer"] == "/image"
        assert "without a new version" in warning["detail"]


@pytest.mark.parametrize(
    "image", ["flights:1", f"flights@sha256:{'0' * 64}", "host:5000/f:latest2"]
)
async def test_image_that_stays_is_not_warned_of(api: httpx.AsyncClient, image: str) -> None:
    assert (await apply(api, a_definition(image=image))).json()["warnings"] == []


async def test_image_that_no_engine_could_pull_is_refused(api: httpx.AsyncClient) -> None:
    for params in (DRY_RUN, {}):
        refused = await apply(api, a_definition(image="Flights:1"), params=params)

        assert refused.status_code == 422
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == "/image"
        assert "lower-case" in fault["detail"]


async def test_output_that_another_job_takes_goes_with_a_warning(api: httpx.AsyncClient) -> None:
    made = a_definition("make", outputs=[{"path": "model"}, {"path": "scores"}])
    taking = a_definition(
        "take",
        depends_on=[{"job": "make"}],
        inputs=[{"from": "artifact:make/model", "to": "model"}],
    )
    for definition in (made, taking):
        assert (await apply(api, definition)).json()["warnings"] == []
    fewer = a_definition("make", outputs=[{"path": "scores"}])

    planned = await apply(api, fewer, params=DRY_RUN)
    saved = await apply(api, fewer)

    for answer in (planned, saved):
        (warning,) = answer.json()["warnings"]
        assert warning["pointer"] == "/outputs"
        assert 'the job "take" takes the output "model"' in warning["detail"]
    assert saved.json()["version"] == 2


async def test_output_goes_without_a_warning_together_with_what_takes_it(
    api: httpx.AsyncClient,
) -> None:
    made = a_definition("make", outputs=[{"path": "model"}])
    taking = a_definition(
        "take",
        depends_on=[{"job": "make"}],
        inputs=[{"from": "artifact:make/model", "to": "model"}],
    )
    for definition in (made, taking):
        await apply(api, definition)
    renamed = {**made, "outputs": [{"path": "weights"}]}
    following = {**taking, "inputs": [{"from": "artifact:make/weights", "to": "model"}]}

    answer = await api.post("/v1/catalog", json={"job_definitions": [renamed, following]})

    assert answer.is_success, answer.text
    assert [each["warnings"] for each in answer.json()["results"]] == [[], []]


async def test_what_is_deprecated_is_a_warning_with_its_remedy(api: httpx.AsyncClient) -> None:
    definition = a_definition(join={"n_of": 1})
    told = [
        {
            "pointer": "/join",
            "detail": "{n_of: 1} is deprecated; write any, which means the same",
        }
    ]

    for params in (DRY_RUN, {}, {}):
        answer = await apply(api, definition, params=params)

        assert answer.is_success
        assert answer.json()["warnings"] == told
    assert answer.json()["change"] == "unchanged"


async def test_published_schema_says_what_is_deprecated(api: httpx.AsyncClient) -> None:
    schema = (await api.get("/v1/schemas/job-definition")).json()

    assert any(way.get("deprecated") for way in schema["properties"]["join"]["anyOf"])


async def test_dry_run_says_where_the_job_fits_in_its_order_of_pools(
    api: httpx.AsyncClient,
) -> None:
    for name, cpu in (("big", 8), ("small", 2), ("other", 64)):
        await api.put(f"/v1/pools/{name}", json=a_pool(name, cpu=cpu))
    definition = a_definition(pools=["small", "big"], resources={"cpu": 4, "memory": "1Gi"})

    result = (await apply(api, definition, params=DRY_RUN)).json()

    assert result["plan"]["pools"] == [
        {
            "pool": "small",
            "fits": False,
            "detail": "needs 4 cores; the largest host of pool small has 2",
        },
        {"pool": "big", "fits": True, "detail": ""},
    ]


async def test_dry_run_says_which_pools_do_not_take_the_job(api: httpx.AsyncClient) -> None:
    takes = {"at_least": {"gpus": 1}}
    await api.put("/v1/pools/gpu", json={**a_pool("gpu", cpu=64, gpus=1), "takes": takes})
    refused = await apply(api, a_definition(resources={"cpu": 1}))
    await api.put("/v1/pools/cpu", json=a_pool("cpu", cpu=8))
    planned = (await apply(api, a_definition(resources={"cpu": 1}), params=DRY_RUN)).json()

    (fault,) = refused.json()["errors"]
    reason = "pool gpu takes runs of at least 1 GPUs only, and it asks for 0 GPUs"
    assert fault == {"pointer": "/resources", "detail": reason}
    assert planned["plan"]["pools"] == [
        {"pool": "cpu", "fits": True, "detail": ""},
        {"pool": "gpu", "fits": False, "detail": reason},
    ]


async def test_dry_run_says_what_an_hour_costs_and_why_a_run_s_cost_is_unknown(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/pools/cpu", json={**a_pool("cpu", cpu=8), "price_per_hour": 4})

    plan = (await apply(api, a_definition(resources={"cpu": 2}), params=DRY_RUN)).json()["plan"]

    assert (plan["cost_per_hour"], plan["cost_per_run"]) == (1, None)
    assert "MLMON_CONFIG_API_REPORT_WRITER_URL" in plan["cost_unknown"]


async def test_dry_run_names_the_jobs_that_depend_on_this_one(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train", outputs=[{"path": "m"}]))
    await apply(api, a_definition("score", depends_on=[{"job": "train"}]))
    await apply(api, a_definition("check", inputs=[{"from": "artifact:train/m", "to": "m"}]))
    await apply(api, a_definition("alone"))

    changed = (await apply(api, a_definition("train", priority=2), params=DRY_RUN)).json()
    saved = (await apply(api, a_definition("train", priority=2))).json()

    assert changed["plan"]["dependants"] == ["check", "score"]
    assert saved["plan"] is None


@pytest.mark.parametrize(
    ("changed", "schedule", "reason"),
    [
        (
            {"scaling": {"max_hosts": 0}},
            None,
            "pool cpu may have no hosts; raise its scaling.max_hosts, which is 0",
        ),
        (
            {"takes": {"clients": {"labels": {"tier": "gold"}}}},
            None,
            "pool cpu takes none of the clients that there are; see its takes.clients",
        ),
        (
            {"takes": {"clients": {"names": ["acme"]}}},
            {"cron": "0 2 * * *", "clients": {"names": ["beta"]}},
            "pool cpu takes none of the clients that the schedule selects; see its takes.clients",
        ),
    ],
)
async def test_pool_that_never_has_a_run_of_the_job_does_not_fit(
    api: httpx.AsyncClient,
    changed: dict[str, object],
    schedule: dict[str, object] | None,
    reason: str,
) -> None:
    for name in ("acme", "beta"):
        await api.put(f"/v1/clients/{name}", json={"name": name})
    await api.put("/v1/pools/cpu", json={**a_pool("cpu"), "price_per_hour": 4, **changed})

    plan = (await apply(api, a_definition(schedule=schedule), params=DRY_RUN)).json()["plan"]

    assert plan["pools"] == [{"pool": "cpu", "fits": False, "detail": reason}]
    assert plan["cost_per_hour"] is None


async def test_pool_that_takes_some_of_the_job_s_clients_fits(api: httpx.AsyncClient) -> None:
    for name in ("acme", "beta"):
        await api.put(f"/v1/clients/{name}", json={"name": name})
    takes = {"clients": {"names": ["acme"]}}
    await api.put("/v1/pools/cpu", json={**a_pool("cpu"), "takes": takes})

    plan = (await apply(api, a_definition(), params=DRY_RUN)).json()["plan"]

    assert plan["pools"] == [
        {"pool": "cpu", "fits": True, "detail": "takes 1 of the 2 clients that there are"}
    ]


async def test_dry_run_names_clients_and_the_schedules_of_dependants(
    api: httpx.AsyncClient,
) -> None:
    nightly = {"cron": "0 2 * * *", "timezone": "Europe/London"}
    names = [f"c{number:02}" for number in range(12)]
    for name in names:
        await api.put(f"/v1/clients/{name}", json={"name": name})
    await apply(api, a_definition("train", schedule=nightly))
    await apply(api, a_definition("score", depends_on=[{"job": "train"}], schedule=nightly))
    await apply(api, a_definition("check", depends_on=[{"job": "train"}]))
    await api.post("/v1/schedules/score/pause", json={})
    for name in ("c07", "c03"):
        await api.put(f"/v1/job-definitions/train/pins/{name}", json={"version": 1})

    params = {**DRY_RUN, "canary_clients": "c05,c03,c01"}
    tried = a_definition("train", priority=2, schedule=nightly)
    plan = (await apply(api, tried, params=params)).json()["plan"]

    assert plan["dependant_schedules"] == [{"job": "score", "is_paused": True, **nightly}]
    assert (plan["scheduled_clients"], plan["scheduled_names"]) == (12, names[:10])
    assert (plan["pinned_clients"], plan["pinned_names"]) == (2, ["c03", "c07"])
    assert (plan["canary_clients"], plan["canary_names"]) == (2, ["c01", "c05"])
    assert not plan["removes_schedule"]


async def test_dry_run_says_when_a_schedule_goes(api: httpx.AsyncClient) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})
    await apply(api, a_definition("train", schedule={"cron": "0 2 * * *"}))
    without = a_definition("train")

    changed = (await apply(api, without, params=DRY_RUN)).json()["plan"]
    tried = (await apply(api, without, params={**DRY_RUN, "canary_clients": "acme"})).json()["plan"]

    assert (changed["removes_schedule"], changed["next_slots"]) == (True, [])
    # The current version stays, and with it its schedule.
    assert not tried["removes_schedule"]


async def test_pool_that_takes_what_is_not_there_is_saved_with_a_warning(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})
    for name in ("train", "gone"):
        await apply(api, a_definition(name))
    await api.post("/v1/job-definitions/gone/archive")
    jobs = ["train", "trainn", "gone"]
    by_name = {**a_pool("cpu"), "takes": {"jobs": jobs, "clients": {"names": ["acme", "acne"]}}}
    by_label = {**a_pool("gold"), "takes": {"clients": {"labels": {"tier": "gold"}}}}

    named = await api.put("/v1/pools/cpu", json=by_name)
    labelled = await api.put("/v1/pools/gold", json=by_label)
    plain = await api.put("/v1/pools/plain", json=a_pool("plain"))

    assert [each.status_code for each in (named, labelled, plain)] == [201, 201, 201]
    assert {each["pointer"]: each["detail"] for each in named.json()["warnings"]} == {
        "/takes/jobs/1": 'no job is named "trainn"; did you mean "train"?',
        "/takes/jobs/2": 'the job "gone" is archived; restore it first (mlmon jobs restore gone)',
        "/takes/clients/names/1": 'no client is named "acne"; did you mean "acme"?',
    }
    assert [each["pointer"] for each in labelled.json()["warnings"]] == ["/takes/clients/labels"]
    assert plain.json()["warnings"] == []


async def test_warnings_of_a_pool_are_bounded(api: httpx.AsyncClient) -> None:
    jobs = [f"gone-{number}" for number in range(25)]

    saved = await api.put("/v1/pools/cpu", json={**a_pool("cpu"), "takes": {"jobs": jobs}})

    warnings = saved.json()["warnings"]
    assert len(warnings) == 11
    assert warnings[-1] == {
        "pointer": "/takes/jobs",
        "detail": "15 more of these names are unknown",
    }
