"""Send signed messages (standardwebhooks.com) to addresses that were checked."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Final

import httpx
from standardwebhooks import Webhook as Signer

from mlmon_report_writer.application.webhook_ports import Answer
from mlmon_report_writer.errors import UndeliveredError
from mlmon_shared.clients.pinned_requests import PinnedClient
from mlmon_shared.errors import MlmonError
from mlmon_shared.outbound_targets import (
    Resolver,
    Target,
    TargetRules,
    find_addresses,
)
from mlmon_shared.wire.webhooks import ListeningWebhook

SEND_SECONDS: Final = 15.0
"""For all of it: resolving, connecting, sending, and the first line of the answer."""
_CONNECT_SECONDS: Final = 5.0
_ADDRESSES_TRIED: Final = 3
_BUSY: Final = (429, 503)


class HttpWebhookSender:
    """Implements `WebhookSender`.

    A name is resolved here and nowhere else; the request goes to one of the addresses that were
    checked.

    Args:
        rules: Where messages may go.
        resolver: Finds the addresses of names.
    """

    def __init__(self, rules: TargetRules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        self._client = PinnedClient(seconds=SEND_SECONDS, connect_seconds=_CONNECT_SECONDS)
        self._agent = f"MLMon/{version('mlmon-report-writer')}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(
        self, webhook: ListeningWebhook, message_id: str, body: str, *, now: datetime
    ) -> Answer:
        """Sign a message, send it once, and return what the receiver answered; see the port."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            **_signed(webhook, message_id, body, now),
        }
        try:
            async with asyncio.timeout(SEND_SECONDS):
                target = self._rules.read(webhook.url)
                addresses = await find_addresses(target, self._rules, self._resolver)
                return await self._send_to(target, addresses, headers, body.encode())
        except TimeoutError as error:
            raise UndeliveredError(f"no answer within {SEND_SECONDS:.0f} s") from error
        except UndeliveredError:
            raise
        except MlmonError as error:
            raise UndeliveredError(error.detail) from error

    async def _send_to(
        self, target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        why = ""
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                # Its body is nobody's business here, and is not read.
                response = await self._client.send(
                    "POST", target, address, headers=headers, content=body
                )
                await response.aclose()
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                why = f"cannot connect to {address}: {error or type(error).__name__}"
            except httpx.HTTPError as error:
                raise UndeliveredError(
                    f"no answer from {address}: {error or type(error).__name__}"
                ) from error
            else:
                return Answer(response.status_code, _retry_after(response))
        raise UndeliveredError(why)


def _signed(
    webhook: ListeningWebhook, message_id: str, body: str, now: datetime
) -> Mapping[str, str]:
    valid = [
        each.secret for each in webhook.secrets if each.expires_at is None or each.expires_at > now
    ]
    if not valid:
        raise UndeliveredError(
            f"there is no secret to sign it with; `mlmon webhooks rotate {webhook.name}` makes one"
        )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Signer(secret).sign(message_id, now, body) for secret in valid
        ),
    }


def _retry_after(response: httpx.Response) -> float:
    given = response.headers.get("Retry-After", "")
    is_number = given.isascii() and given.isdecimal() and len(given) < len("1000000")
    return float(given) if response.status_code in _BUSY and is_number else 0.0
