"""Receivers of webhooks, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from fastapi import FastAPI, Request, Response

from mlmon_shared.outbound_targets import TargetRules
from mlmon_shared.testing.clocks import START
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.wire.webhooks import ListeningWebhook, SigningSecret

SECRET: Final = "whsec_" + "c2VjcmV0" * 4
LOOPBACK: Final = TargetRules((ip_network("127.0.0.0/8"),), allows_http=True)


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Keeps what it is sent.

    Attributes:
        statuses: What it answers next; 204 when there is none.
        headers: Of its answers.
        may_answer: Cleared, it answers nothing.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    app, receiver = FastAPI(), Receiver()
    receiver.may_answer.set()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def receive(path: str, request: Request) -> Response:
        receiver.received.append(Received(dict(request.headers), await request.body()))
        await receiver.may_answer.wait()
        status = receiver.statuses.pop(0) if receiver.statuses else 204
        return Response(status_code=status, headers=receiver.headers)

    async with live_server(app) as url:
        receiver.url = f"{url}/hook"
        yield receiver
        receiver.may_answer.set()


class Names:
    """Resolves every name to the same addresses, and counts."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses


def a_webhook(url: str, name: str = "chat", **changed: object) -> ListeningWebhook:
    known = {
        "name": name,
        "url": url,
        "events": ["run.finished", "batch.finished"],
        "secrets": [SigningSecret(secret=SECRET, created_at=START)],
    }
    return ListeningWebhook.model_validate({**known, **changed})
