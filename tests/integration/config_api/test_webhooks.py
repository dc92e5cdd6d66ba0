from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mlmon_config_api.app import create_app
from mlmon_shared.outbound_targets import UnresolvedTargetError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds

from .conftest import SERVICE, asking, faults_of, make_settings, running

SERVICE_HEADERS = {"Authorization": f"Bearer {SERVICE}"}


ADDRESSES = {"hooks.test": ["93.184.215.14"], "inside.test": ["93.184.215.14", "10.0.0.5"]}


class Names:
    async def resolve(self, host: str, port: int) -> Sequence[str]:
        if host not in ADDRESSES:
            raise UnresolvedTargetError(f'the name "{host}" does not resolve')
        return ADDRESSES[host]


@pytest_asyncio.fixture
async def api(
    database_url: str, clock: FakeClock, ids: SequentialIds
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(make_settings(database_url), clock=clock, ids=ids, resolver=Names())
    async with running(app), asking(app) as client:
        yield client


def a_webhook(**changed: object) -> dict[str, Any]:
    known = {"name": "chat", "url": "https://hooks.test/x", "events": ["run.failed"]}
    return {**known, **changed}


async def put(api: httpx.AsyncClient, webhook: dict[str, Any], **options: Any) -> httpx.Response:
    return await api.put(f"/v1/webhooks/{webhook['name']}", json=webhook, **options)


async def snapshot_of(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await api.get("/v1/snapshot/webhooks", headers=SERVICE_HEADERS)
    found: dict[str, Any] = answer.json()
    return found


async def test_secret_is_shown_on_creation_and_to_the_service_that_sends_only(
    api: httpx.AsyncClient,
):
    created = await put(api, a_webhook())
    secret = created.json()["secret"]
    changed = await put(api, a_webhook(is_paused=True))

    assert secret.startswith("whsec_")
    assert (created.status_code, created.headers["Cache-Control"]) == (201, "no-store")
    assert (changed.json()["change"], changed.json()["secret"]) == ("changed", None)
    for path in ("/v1/webhooks", "/v1/webhooks/chat", "/v1/audit-events"):
        assert secret not in (await api.get(path)).text
    snapshot = await api.get("/v1/snapshot", headers=SERVICE_HEADERS)
    assert "whsec_" not in snapshot.text
    assert (await api.get("/v1/snapshot/webhooks")).status_code == 403
    found = await snapshot_of(api)
    assert [each["secret"] for each in found["webhooks"][0]["secrets"]] == [secret]


async def test_unchanged_snapshot_of_webhooks_is_not_sent_again(api: httpx.AsyncClient):
    await put(api, a_webhook())
    first = await api.get("/v1/snapshot/webhooks", headers=SERVICE_HEADERS)
    known = {"If-None-Match": first.headers["ETag"], **SERVICE_HEADERS}

    again = await api.get("/v1/snapshot/webhooks", headers=known)

    assert (again.status_code, again.content) == (304, b"")


async def test_rotation_keeps_the_old_secret_for_a_while(api: httpx.AsyncClient, clock: FakeClock):
    first = (await put(api, a_webhook())).json()["secret"]
    rotated = (await api.post("/v1/webhooks/chat/rotate", json={"keep_old": "1h"})).json()
    secrets = (await snapshot_of(api))["webhooks"][0]["secrets"]
    document = (await api.get("/v1/webhooks/chat")).json()
    at_once = (await api.post("/v1/webhooks/chat/rotate", json={"keep_old": 0})).json()

    assert [each["secret"] for each in secrets] == [rotated["secret"], first]
    assert (secrets[0]["expires_at"], secrets[1]["expires_at"]) == (
        None,
        rotated["old_secret_expires_at"],
    )
    assert document["old_secret_expires_at"] == rotated["old_secret_expires_at"]
    newest = (await snapshot_of(api))["webhooks"][0]["secrets"]
    assert [each["secret"] for each in newest] == [at_once["secret"]]
    audit = (await api.get("/v1/audit-events", params={"kind": "webhook"})).json()["items"]
    assert [event["action"] for event in audit] == ["rotated", "rotated", "created"]


async def test_change_of_what_somebody_else_has_changed_is_refused(api: httpx.AsyncClient):
    await put(api, a_webhook())
    read = (await api.get("/v1/webhooks/chat")).headers["ETag"]
    await put(api, a_webhook(description="another"))

    late = await put(api, a_webhook(), headers={"If-Match": read})
    removed = await api.delete("/v1/webhooks/chat", headers={"If-Match": read})

    assert (late.status_code, removed.status_code) == (412, 412)


async def test_removed_webhook_is_gone_with_its_secret(api: httpx.AsyncClient):
    await put(api, a_webhook())

    removed = await api.delete("/v1/webhooks/chat")

    assert removed.status_code == 204
    assert (await api.get("/v1/webhooks/chat")).status_code == 404
    assert (await api.delete("/v1/webhooks/chat")).status_code == 404
    assert (await snapshot_of(api))["webhooks"] == []


@pytest.mark.parametrize(
    ("changed", "pointer", "detail"),
    [
        ({"url": "https://inside.test/"}, "/url", '10.0.0.5 of "inside.test" is not public'),
        ({"url": "https://169.254.169.254/latest"}, "/url", "is not public"),
        ({"url": "http://hooks.test/"}, "/url", "https://"),
        ({"events": ["run.exploded"]}, "/events/0", "run.failed"),
        ({"events": []}, "/events", "at least 1"),
        ({"events": ["batch.finished"], "jobs": ["train"]}, "", "another webhook"),
    ],
)
async def test_webhook_that_could_not_be_sent_is_refused(
    api: httpx.AsyncClient, changed: dict[str, Any], pointer: str, detail: str
):
    faults = faults_of(await put(api, a_webhook(**changed)))

    assert list(faults) == [pointer]
    assert detail in faults[pointer]


async def test_name_that_does_not_resolve_is_a_warning(api: httpx.AsyncClient):
    saved = await put(api, a_webhook(url="https://later.test/"))

    assert saved.status_code == 201
    assert [each["pointer"] for each in saved.json()["warnings"]] == ["/url"]


async def test_labels_choose_the_clients_that_there_are_now(api: httpx.AsyncClient):
    await api.put("/v1/clients/AA", json={"name": "AA", "labels": {"tier": "gold"}})
    await api.put("/v1/clients/BB", json={"name": "BB"})
    await put(api, a_webhook(clients={"labels": {"tier": "gold"}}))
    await put(api, a_webhook(name="all"))

    found = await snapshot_of(api)

    assert [each["clients"] for each in found["webhooks"]] == [None, ["AA"]]
