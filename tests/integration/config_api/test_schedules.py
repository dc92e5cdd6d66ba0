"""`/v1/schedules`: when jobs run by themselves."""

from typing import Any

import httpx
import pytest

from .conftest import SERVICE, a_definition, apply, faults_of

NIGHTLY = {"cron": "0 2 * * *", "timezone": "Europe/London"}


async def snapshot(api: httpx.AsyncClient) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    found: dict[str, Any] = (await api.get("/v1/snapshot", headers=headers)).json()
    return found


async def put_clients(api: httpx.AsyncClient) -> None:
    for name, tier in (("acme", "gold"), ("bolt", "silver"), ("coda", "gold")):
        await api.put(f"/v1/clients/{name}", json={"name": name, "labels": {"tier": tier}})


async def test_schedule_is_shown_with_its_slots_and_clients(api: httpx.AsyncClient) -> None:
    await put_clients(api)
    gold = {**NIGHTLY, "clients": {"labels": {"tier": "gold"}}}
    await apply(api, a_definition("train", schedule=gold))
    await apply(api, a_definition("by-hand"))

    listed = (await api.get("/v1/schedules")).json()["items"]
    shown = (await api.get("/v1/schedules/train")).json()

    assert [(each["job"], each["clients"], len(each["next"])) for each in listed] == [
        ("train", 2, 1)
    ]
    assert (shown["version"], shown["is_paused"], len(shown["next"])) == (1, False, 20)
    assert shown["schedule"]["overlap"] == "skip"
    assert shown["next"][0]["local"].startswith(shown["next"][0]["at"][:10])
    missing = await api.get("/v1/schedules/by-hand")
    assert (missing.status_code, "has no schedule" in missing.json()["detail"]) == (404, True)
    assert (await api.get("/v1/schedules/nothing")).status_code == 404


async def test_lists_have_pages(api: httpx.AsyncClient) -> None:
    for name in ("a", "b", "c"):
        await apply(api, a_definition(name, schedule=NIGHTLY))

    first = (await api.get("/v1/schedules", params={"limit": 2})).json()
    rest = (await api.get("/v1/schedules", params={"cursor": first["next_cursor"]})).json()

    assert [each["job"] for each in first["items"]] == ["a", "b"]
    assert ([each["job"] for each in rest["items"]], rest["next_cursor"]) == (["c"], None)


async def test_pause_is_in_the_snapshot_and_the_audit(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train", schedule=NIGHTLY))

    paused = await api.post("/v1/schedules/train/pause", json={"reason": "holidays"})
    again = await api.post("/v1/schedules/train/pause", json={"reason": "holidays"})

    assert [answer.json()["change"] for answer in (paused, again)] == ["changed", "unchanged"]
    assert (await snapshot(api))["paused_schedules"] == ["train"]
    shown = (await api.get("/v1/schedules/train")).json()
    assert (shown["is_paused"], shown["pause_reason"]) == (True, "holidays")
    events = (await api.get("/v1/audit-events", params={"kind": "schedule"})).json()["items"]
    assert [(event["action"], event["after"]) for event in events] == [
        ("paused", {"reason": "holidays"})
    ]

    resumed = await api.post("/v1/schedules/train/resume")
    assert resumed.json()["change"] == "changed"
    assert (await snapshot(api))["paused_schedules"] == []
    assert (await api.post("/v1/schedules/train/resume")).json()["change"] == "unchanged"


async def test_archived_job_has_no_schedule(api: httpx.AsyncClient) -> None:
    await apply(api, a_definition("train", schedule=NIGHTLY))
    await api.post("/v1/job-definitions/train/archive")

    assert (await api.get("/v1/schedules")).json()["items"] == []
    answer = await api.post("/v1/schedules/train/pause", json={})
    assert (answer.status_code, "is archived" in answer.json()["detail"]) == (404, True)


async def test_preview_shows_both_zones_and_stores_nothing(api: httpx.AsyncClient) -> None:
    request = {**NIGHTLY, "after": "2026-03-28T00:00:00Z", "count": 2}

    answer = await api.post("/v1/schedules/preview", json=request)

    assert answer.json()["slots"] == [
        {"at": "2026-03-28T02:00:00Z", "local": "2026-03-28T02:00:00Z"},
        {"at": "2026-03-29T01:00:00Z", "local": "2026-03-29T02:00:00+01:00"},
    ]
    assert len((await api.post("/v1/schedules/preview", json=NIGHTLY)).json()["slots"]) == 20
    assert (await api.get("/v1/schedules")).json()["items"] == []


@pytest.mark.parametrize(
    ("request_", "pointer", "detail"),
    [
        ({"cron": "0 25 * * *"}, "/cron", "the field hour cannot be read"),
        ({**NIGHTLY, "after": "2026-03-28T00:00:00"}, "/after", "say the offset too"),
        ({**NIGHTLY, "after": "0001-01-01T00:00:00Z"}, "/after", "must not lie before 1970"),
        ({**NIGHTLY, "timezone": "Mars/Base"}, "/timezone", "is not a time zone"),
    ],
)
async def test_bad_preview_is_refused_at_its_place(
    api: httpx.AsyncClient, request_: dict[str, str], pointer: str, detail: str
) -> None:
    faults = faults_of(await api.post("/v1/schedules/preview", json=request_))

    assert list(faults) == [pointer]
    assert detail in faults[pointer]


async def test_dry_run_says_when_it_would_fire_and_for_how_many(api: httpx.AsyncClient) -> None:
    await put_clients(api)

    answer = await apply(
        api,
        a_definition("train", schedule={**NIGHTLY, "clients": {"names": ["acme", "gone"]}}),
        params={"dry_run": "true"},
    )

    plan = answer.json()["plan"]
    assert (len(plan["next_slots"]), plan["scheduled_clients"]) == (20, 1)
