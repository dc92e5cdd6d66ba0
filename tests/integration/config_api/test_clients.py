import httpx
import pytest

from .conftest import SERVICE, faults_of, revision_of

CSV = "text/csv"
LINES = "application/x-ndjson"


async def send(
    api: httpx.AsyncClient, content: str, media_type: str = CSV, **params: str
) -> httpx.Response:
    return await api.post(
        "/v1/clients/import", content=content, headers={"Content-Type": media_type}, params=params
    )


async def snapshot(api: httpx.AsyncClient) -> dict[str, list[object]]:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    found: dict[str, list[object]] = (await api.get("/v1/snapshot", headers=headers)).json()
    return found


async def test_thousands_are_imported_in_one_change_each(api: httpx.AsyncClient) -> None:
    rows = "".join(f"client-{number:04d},{number % 7 + 1}\n" for number in range(3000))
    await api.put("/v1/clients/client-0000", json={"name": "client-0000"})
    await api.put("/v1/clients/client-0001", json={"name": "client-0001"})
    before = await revision_of(api)

    answer = await send(api, "name,weight\n" + rows)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "created": 2998,
        "changed": 1,
        "unchanged": 1,
        "is_dry_run": False,
        "config_revision": before + 2999,
    }
    assert (await api.get("/v1/clients/client-2999")).json()["weight"] == 4
    events = (await api.get("/v1/audit-events", params={"name": "client-0001"})).json()["items"]
    assert [event["action"] for event in events] == ["changed", "created"]


async def test_import_is_all_or_nothing(api: httpx.AsyncClient) -> None:
    before = await revision_of(api)

    faults = faults_of(await send(api, "name,weight\nacme,1\nbolt,-1\nco da,1\n"))

    assert sorted(faults) == ["/1/weight", "/2/name"]
    assert await revision_of(api) == before


async def test_dry_run_of_an_import_changes_nothing(api: httpx.AsyncClient) -> None:
    before = await revision_of(api)

    answer = (await send(api, '{"name": "acme"}', LINES, dry_run="true")).json()

    assert (answer["created"], answer["is_dry_run"]) == (1, True)
    assert await revision_of(api) == before


async def test_same_import_again_changes_nothing(api: httpx.AsyncClient) -> None:
    first = (await send(api, "name\nacme\n")).json()

    again = (await send(api, "name\nacme\n")).json()

    assert (again["unchanged"], again["config_revision"]) == (1, first["config_revision"])


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"name\nacme", "application/json", 415),
        (b"name\n\xff", CSV, 422),
        (b"name\na\0b", CSV, 422),
    ],
)
async def test_what_is_no_list_of_clients_is_refused(
    api: httpx.AsyncClient, content: bytes, media_type: str, status: int
) -> None:
    headers = {"Content-Type": media_type}

    answer = await api.post("/v1/clients/import", content=content, headers=headers)

    assert answer.status_code == status


async def test_paused_client_is_shown_and_in_the_snapshot_until_it_is_resumed(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})
    paused = await api.post("/v1/clients/acme/pause", json={"reason": "unpaid"})
    # Saving it does not resume it: CI saves clients every night.
    await api.put("/v1/clients/acme", json={"name": "acme", "weight": 3})

    client = (await api.get("/v1/clients/acme")).json()

    assert paused.json()["change"] == "changed"
    assert (client["is_paused"], client["pause_reason"], client["weight"]) == (True, "unpaid", 3)
    assert (await snapshot(api))["paused_clients"] == ["acme"]
    await api.post("/v1/clients/acme/resume")
    assert (await snapshot(api))["paused_clients"] == []
    assert (await api.get("/v1/clients")).json()["items"][0]["is_paused"] is False


async def test_pausing_twice_is_one_change_and_both_are_audited(api: httpx.AsyncClient) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})

    answers = [
        await api.post("/v1/clients/acme/pause", json={}),
        await api.post("/v1/clients/acme/pause", json={}),
        await api.post("/v1/clients/acme/resume"),
        await api.post("/v1/clients/acme/resume"),
    ]

    changes = [answer.json()["change"] for answer in answers]
    assert changes == ["changed", "unchanged", "changed", "unchanged"]
    events = (await api.get("/v1/audit-events", params={"name": "acme"})).json()["items"]
    assert [event["action"] for event in events] == ["resumed", "paused", "created"]


async def test_unknown_client_cannot_be_paused(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/clients/nobody/pause", json={})).status_code == 404
