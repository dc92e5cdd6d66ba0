"""`mlmon.verify_webhook` and `mlmon webhooks`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Response
from standardwebhooks import Webhook as Signer

import mlmon
from mlmon.errors import ConfigurationError, WebhookVerificationError
from mlmon_shared.wire.plans import DefinitionWarning
from mlmon_shared.wire.webhooks import (
    PingRequest,
    PingResult,
    RotationRequest,
    Webhook,
    WebhookDeliveryDocument,
    WebhookDeliveryPage,
    WebhookDocument,
    WebhookPage,
    WebhookResult,
    WebhookSecretDocument,
)

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
AT = datetime(2026, 3, 29, 1, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0" * 4
OTHER = "whsec_" + "b3RoZXJz" * 4
BODY = '{"type": "run.failed", "timestamp": "2026-03-29T00:59:00Z", "data": {"id": "é"}}'


def signed(body: str = BODY, *, secret: str = SECRET, at: datetime = AT) -> dict[str, str]:
    return {
        "Webhook-Id": "id-1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": f"v1a,x {Signer(secret).sign('id-1', at, body)}",
    }


@pytest.mark.parametrize("secret", [SECRET, [OTHER, SECRET]])
def test_genuine_message_is_returned(secret: str | list[str]) -> None:
    message = mlmon.verify_webhook(signed(), BODY.encode(), secret, now=AT + timedelta(minutes=4))

    assert (message.type, message.data) == ("run.failed", {"id": "é"})


@pytest.mark.parametrize(
    ("headers", "body", "minutes", "why"),
    [
        (signed(), BODY.replace("failed", "passed"), 0, "no signature"),
        (signed(secret=OTHER), BODY, 0, "no signature"),
        (signed() | {"Webhook-Id": "id-2"}, BODY, 0, "no signature"),
        (signed() | {"Webhook-Timestamp": "1774746001"}, BODY, 0, "no signature"),
        (signed() | {"Webhook-Signature": "v1,é"}, BODY, 0, "no signature"),
        (signed() | {"Webhook-Signature": ""}, BODY, 0, "no signature"),
        (signed() | {"Webhook-Timestamp": "soon"}, BODY, 0, "not one of a webhook"),
        (signed() | {"Webhook-Timestamp": "9" * 30}, BODY, 0, "not one of a webhook"),
        ({}, BODY, 0, "no header 'webhook-id'"),
        (signed(), BODY, 6, "too far from now"),
        (signed(), BODY, -6, "too far from now"),
        (signed("{}"), "{}", 0, "no message"),
    ],
)
def test_anything_else_is_refused(
    headers: Mapping[str, str], body: str, minutes: int, why: str
) -> None:
    with pytest.raises(WebhookVerificationError, match=why):
        mlmon.verify_webhook(headers, body, SECRET, now=AT + timedelta(minutes=minutes))


def test_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(WebhookVerificationError, match="not one of a webhook"):
        mlmon.verify_webhook(signed(), b"\xff", SECRET, now=AT)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "whsec_a"])
def test_secret_that_is_none_is_said(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="whsec_"):
        mlmon.verify_webhook(signed(), BODY, secret, now=AT)


@pytest.fixture
def sent() -> list[Any]:
    return []


@pytest.fixture
def routes(api: FastAPI, sent: list[Any]) -> None:
    webhook = Webhook.model_validate(
        {
            "name": "chat",
            "url": "https://hooks.test/\x1b[31m",
            "events": ["run.failed"],
            "clients": {"labels": {"tier": "gold"}},
        }
    )
    document = WebhookDocument(**dict(webhook), secret_created_at=AT)
    delivery = WebhookDeliveryDocument(
        id="d1",
        webhook="chat",
        event="run.failed",
        subject="r1",
        state="given_up",
        occurred_at=AT,
        tries=9,
        last_error="the receiver answered 500",
    )

    @api.put("/v1/webhooks/chat")
    async def put(webhook: Webhook) -> WebhookResult:
        sent.append(webhook)
        warning = DefinitionWarning(pointer="/url", detail="does not resolve now")
        return WebhookResult(
            kind="webhook",
            name="chat",
            change="created",
            config_revision=3,
            secret=SECRET,
            warnings=[warning],
        )

    @api.get("/v1/webhooks")
    async def list_webhooks() -> WebhookPage:
        return WebhookPage(items=[document], next_cursor="more")

    @api.get("/v1/webhooks/chat")
    async def get() -> WebhookDocument:
        return document

    @api.delete("/v1/webhooks/chat", status_code=204)
    async def delete() -> Response:
        sent.append("delete")
        return Response(status_code=204)

    @api.post("/v1/webhooks/chat/rotate")
    async def rotate(request: RotationRequest) -> WebhookSecretDocument:
        sent.append(request)
        until = AT if request.keep_old else None
        return WebhookSecretDocument(
            name="chat", secret=OTHER, old_secret_expires_at=until, config_revision=4
        )

    @api.post("/v1/webhook-deliveries/ping")
    async def ping(request: PingRequest) -> PingResult:
        is_good = not sent
        return PingResult(
            id="p1",
            webhook=request.webhook,
            is_delivered=is_good,
            status=204 if is_good else 500,
            error="" if is_good else "the receiver answered 500",
            seconds=0.25,
        )

    @api.get("/v1/webhook-deliveries")
    async def deliveries(webhook: str, state: str) -> WebhookDeliveryPage:
        sent.append((webhook, state))
        return WebhookDeliveryPage(items=[delivery])

    @api.post("/v1/webhook-deliveries/d1/retry")
    async def retry() -> WebhookDeliveryDocument:
        return delivery


@pytest.mark.usefixtures("routes")
def test_new_webhook_and_its_secret_are_shown(
    mlmon: Mlmon, sent: list[Any], capsys: Captured
) -> None:
    status = mlmon(
        *("webhooks", "put", "chat", "--url", "https://hooks.test/", "--on", "run.failed"),
        *("--on", "run.expired", "--job", "train", "--client-label", "tier=gold", "--paused"),
    )

    out, err = capsys.readouterr()
    assert (status, out) == (0, f"created webhook chat\nsecret: {SECRET}\n")
    assert "warning: /url: does not resolve now" in err
    assert sent[0].model_dump(mode="json", exclude_unset=True) == {
        "name": "chat",
        "url": "https://hooks.test/",
        "events": ["run.failed", "run.expired"],
        "jobs": ["train"],
        "clients": {"names": [], "labels": {"tier": "gold"}},
        "is_paused": True,
    }


@pytest.mark.usefixtures("routes")
def test_webhooks_are_listed_and_shown(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("webhooks", "list", "-o", "wide") == 0
    listed = capsys.readouterr()
    assert mlmon("webhooks", "get", "chat") == 0
    shown = capsys.readouterr()

    for out in (listed.out, shown.out):
        assert "https://hooks.test/\\x1b[31m" in out
        assert "tier=gold" in out
    assert "--cursor more" in listed.err


@pytest.mark.usefixtures("routes")
def test_rotation_shows_the_new_secret(mlmon: Mlmon, sent: list[Any], capsys: Captured) -> None:
    assert mlmon("webhooks", "rotate", "chat", "--keep-old", "1h") == 0
    kept = capsys.readouterr().out
    assert mlmon("webhooks", "rotate", "chat", "--keep-old", "0") == 0
    dropped = capsys.readouterr().out

    assert [request.keep_old for request in sent] == [3600, 0]
    assert "the old one signs until 2026-03-29 01:00:00Z\n" in kept
    assert "the old one signs no longer\n" in dropped
    assert f"secret: {OTHER}\n" in kept


@pytest.mark.usefixtures("routes")
def test_ping_says_how_it_went_and_removing_is_said(
    mlmon: Mlmon, sent: list[Any], capsys: Captured
) -> None:
    assert mlmon("webhooks", "test", "chat") == 0
    assert mlmon("webhooks", "remove", "chat") == 0
    assert mlmon("webhooks", "test", "chat") == 1

    out, err = capsys.readouterr()
    assert out == "chat took the ping: 204, 0.250 s\nwebhook chat is removed\n"
    assert "chat did not take the ping: the receiver answered 500" in err


@pytest.mark.usefixtures("routes")
def test_deliveries_are_listed_and_retried(mlmon: Mlmon, sent: list[Any], capsys: Captured) -> None:
    assert mlmon("webhooks", "deliveries", "chat", "--state", "given_up", "-o", "wide") == 0
    assert "the receiver answered 500" in capsys.readouterr().out
    assert mlmon("webhooks", "retry", "d1") == 0

    assert sent == [("chat", "given_up")]
    assert capsys.readouterr().out == "run.failed of r1 is sent to chat\n"
