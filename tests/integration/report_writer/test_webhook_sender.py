"""Where messages go, and where they do not."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import trustme
from standardwebhooks import Webhook as Verifier

from mlmon_report_writer.adapters.http.webhook_sender import HttpWebhookSender
from mlmon_report_writer.errors import UndeliveredError
from mlmon_shared.clocks import SystemClock
from mlmon_shared.outbound_targets import TargetRules
from mlmon_shared.wire.webhooks import ListeningWebhook, SigningSecret

from .receivers import LOOPBACK, SECRET, Names, Receiver, a_webhook, open_receiver

CLOCK = SystemClock()
"""The other library compares with the time that it really is."""


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@contextlib.asynccontextmanager
async def sending(names: Names, rules: TargetRules = LOOPBACK) -> AsyncIterator[HttpWebhookSender]:
    sender = HttpWebhookSender(rules, names)
    yield sender
    await sender.aclose()


async def send(sender: HttpWebhookSender, webhook: ListeningWebhook) -> int:
    return (await sender.send(webhook, "id-1", '{"type": "ping"}', now=CLOCK.now())).status


async def test_name_is_resolved_once_and_the_checked_address_is_called(receiver: Receiver):
    port = receiver.url.split(":")[2].split("/")[0]
    names = Names("127.0.0.1")

    async with sending(names) as sender:
        status = await send(sender, a_webhook(f"http://hooks.invalid:{port}/hook?a=%2F"))

    assert (status, names.asked) == (204, ["hooks.invalid"])
    assert receiver.received[0].headers["host"] == f"hooks.invalid:{port}"


async def test_another_library_finds_the_signature_right_for_each_valid_secret(
    receiver: Receiver,
):
    old, older = "whsec_b2xkIHNlY3JldA==", "whsec_b2xkZXIgc2VjcmV0"
    now = CLOCK.now()
    secrets = [
        SigningSecret(secret=SECRET, created_at=now),
        SigningSecret(secret=old, created_at=now, expires_at=now + timedelta(minutes=1)),
        SigningSecret(secret=older, created_at=now, expires_at=now),
    ]
    async with sending(Names()) as sender:
        await send(sender, a_webhook(receiver.url, secrets=secrets))

    [sent] = receiver.received
    for secret in (SECRET, old):
        assert Verifier(secret).verify(sent.body, sent.headers) == {"type": "ping"}
    assert len(sent.headers["webhook-signature"].split(" ")) == 2


async def test_nothing_is_sent_that_nothing_signs(receiver: Receiver):
    async with sending(Names()) as sender:
        with pytest.raises(UndeliveredError, match="mlmon webhooks rotate"):
            await send(sender, a_webhook(receiver.url, secrets=[]))

    assert receiver.received == []


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://hooks.invalid/", ["10.0.0.1"]),
        ("https://hooks.invalid/", ["127.0.0.1"]),
        ("https://hooks.invalid/", ["93.184.215.14", "169.254.169.254"]),
        ("https://[::1]/", []),
    ],
)
async def test_private_address_is_not_called(url: str, addresses: list[str]):
    async with sending(Names(*addresses), TargetRules()) as sender:
        with pytest.raises(UndeliveredError, match="is not public"):
            await send(sender, a_webhook(url))


async def test_redirects_are_not_followed(receiver: Receiver):
    async with open_receiver() as inside, sending(Names()) as sender:
        receiver.statuses, receiver.headers = [307], {"Location": inside.url}

        assert await send(sender, a_webhook(receiver.url)) == 307

        assert inside.received == []


async def test_nobody_at_the_address_is_said(receiver: Receiver):
    async with sending(Names()) as sender:
        with pytest.raises(UndeliveredError, match=r"cannot connect to 127\.0\.0\.1"):
            await send(sender, a_webhook("http://127.0.0.1:1/"))


@contextlib.asynccontextmanager
async def tls_server(certificate: trustme.LeafCert) -> AsyncIterator[int]:
    """Answer every request 204, and yield the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            await writer.wait_closed()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_certificate_is_of_the_name_and_not_of_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    async with (
        tls_server(authority.issue_cert("hooks.invalid")) as port,
        sending(Names("127.0.0.1")) as sender,
    ):
        assert await send(sender, a_webhook(f"https://hooks.invalid:{port}/")) == 204
        with pytest.raises(UndeliveredError, match="CERTIFICATE_VERIFY_FAILED"):
            await send(sender, a_webhook(f"https://other.invalid:{port}/"))
