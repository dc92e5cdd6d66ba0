from datetime import timedelta

import httpx
import pytest

from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.testing.clocks import FakeClock

from .conftest import a_definition, a_pool, apply, faults_of, revision_of


async def events(api: httpx.AsyncClient, **filters: str) -> list[dict[str, object]]:
    response = await api.get("/v1/audit-events", params=filters)
    assert response.status_code == 200, response.text
    items: list[dict[str, object]] = response.json()["items"]
    return items


async def put_client(api: httpx.AsyncClient, name: str, **fields: object) -> httpx.Response:
    return await api.put(f"/v1/clients/{name}", json={"name": name, **fields})


async def test_every_change_is_kept_with_before_and_after(
    api: httpx.AsyncClient, clock: FakeClock
) -> None:
    await put_client(api, "acme", weight=1)
    clock.advance(60)
    await put_client(api, "acme", weight=2)
    await put_client(api, "acme", weight=2)

    newest, oldest = await events(api, kind="client")

    assert (newest["action"], oldest["action"]) == ("changed", "created")
    assert newest["by"] == "bootstrap-admin"
    assert newest["before"] == oldest["after"]
    assert newest["after"] == {**oldest["after"], "weight": 2}  # type: ignore[dict-item]
    assert oldest["before"] is None
    assert newest["revision"] == await revision_of(api)
    one = await api.get(f"/v1/audit-events/{oldest['revision']}")
    assert one.json() == oldest
    unknown = await api.get("/v1/audit-events/999999")
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        "no change has config revision 999999",
    )


async def test_definitions_pools_and_tokens_are_audited_without_secrets(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())
    made = await api.post("/v1/tokens", json={"name": "ci", "scopes": ["submitter"]})
    await api.delete(f"/v1/tokens/{made.json()['id']}")

    found = await events(api)

    assert [(event["kind"], event["name"], event["action"]) for event in found][:4] == [
        ("token", "ci", "removed"),
        ("token", "ci", "created"),
        ("job-definition", "delay-train", "created"),
        ("pool", "cpu", "created"),
    ]
    assert "sha256" not in str(found)
    assert made.json()["token"] not in str(found)


async def test_tokens_of_the_settings_are_made_by_the_settings(api: httpx.AsyncClient) -> None:
    found = await events(api, by="settings")

    assert {event["name"] for event in found} == {"bootstrap-admin", "bootstrap-service"}


async def test_refused_and_dry_changes_leave_no_trace(api: httpx.AsyncClient) -> None:
    before = await events(api)

    await put_client(api, "acme", weight=-1)
    await apply(api, a_definition(image=5))
    await apply(api, a_definition(), params={"dry_run": "true"})

    assert await events(api) == before


async def test_events_are_paged_and_filtered(api: httpx.AsyncClient, clock: FakeClock) -> None:
    for number in range(5):
        await put_client(api, f"client-{number}")
        clock.advance(10)
    since = clock.now() - timedelta(seconds=25)
    first = (await api.get("/v1/audit-events", params={"kind": "client", "limit": 3})).json()

    rest = await api.get(
        "/v1/audit-events", params={"kind": "client", "cursor": first["next_cursor"]}
    )

    names = [event["name"] for event in (*first["items"], *rest.json()["items"])]
    assert names == [f"client-{number}" for number in (4, 3, 2, 1, 0)]
    assert rest.json()["next_cursor"] is None
    late = await events(api, kind="client", since=since.isoformat())
    assert [event["name"] for event in late] == ["client-4", "client-3"]
    assert [event["name"] for event in await events(api, name="client-1")] == ["client-1"]


async def test_filters_that_mean_nothing_are_refused(api: httpx.AsyncClient) -> None:
    for query in (
        {"since": "2026-01-01T00:00:00"},
        {"name": "a\0"},
        {"cursor": "bm9uZQ"},
        {"kind": "moon"},
    ):
        assert faults_of(await api.get("/v1/audit-events", params=query))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET by = 'nobody'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
async def test_nothing_in_the_audit_can_be_changed(
    api: httpx.AsyncClient,
    postgres_server: EmbeddedPostgres,
    config_database: str,
    statement: str,
) -> None:
    before = await events(api)

    with pytest.raises(Exception, match="append-only"):
        postgres_server.execute(statement, database=config_database)

    assert await events(api) == before


async def test_life_of_a_definition_is_audited(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await put_client(api, "acme")
    await apply(api, a_definition())
    await apply(api, a_definition(image="flights:2"), params={"canary_percent": "10"})
    job = "/v1/job-definitions/delay-train"
    await api.post(f"{job}/canary/promote")
    await api.put(f"{job}/pins/acme", json={"version": 1})
    await api.delete(f"{job}/pins/acme")
    await api.post(f"{job}/archive")
    await api.post(f"{job}/restore")

    found = [(event["kind"], event["name"], event["action"]) for event in await events(api)]

    assert found[:8] == [
        ("job-definition", "delay-train", "restored"),
        ("job-definition", "delay-train", "archived"),
        ("pin", "delay-train/acme", "removed"),
        ("pin", "delay-train/acme", "created"),
        ("job-definition", "delay-train", "changed"),
        ("canary", "delay-train", "removed"),
        ("canary", "delay-train", "created"),
        ("job-definition", "delay-train", "created"),
    ]


async def test_canary_is_audited_with_what_its_version_says(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())
    await apply(api, a_definition(image="flights:2"), params={"canary_percent": "10"})
    await api.put("/v1/job-definitions/delay-train/canary", json={"percent": 12.5})
    await api.delete("/v1/job-definitions/delay-train/canary")

    removed, widened, started = await events(api, kind="canary")

    assert started["before"] is None
    assert started["after"]["version"] == 2  # type: ignore[index]
    assert started["after"]["definition"]["image"] == "flights:2"  # type: ignore[index]
    assert widened["before"] == started["after"]
    assert widened["after"] == {**started["after"], "percent": 12.5}  # type: ignore[dict-item]
    assert (removed["before"], removed["after"]) == (widened["after"], None)
