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
