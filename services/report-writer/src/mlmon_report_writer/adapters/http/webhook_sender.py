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
from mlmon_shared.errors import MlmonError
from mlmon_shared.webhook_targets import (
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

    A name is resolved here and nowhere else. The request goes to one of the addresses that
    were checked; the name is in `Host` and, with TLS, in SNI, and the certificate must be of it.

    Args:
        rules: Where messages may go.
        resolver: Finds the addresses of names.
    """

    def __init__(self, rules: TargetRules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        self._opened: httpx.AsyncClient | None = None
        self._agent = f"MLMon/{version('mlmon-report-writer')}"

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.aclose()

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
        http, why = self._http(), ""
        for address in addresses[:_ADDRESSES_TRIED]:
            request = http.build_request(
                "POST",
                target.at(address),
                headers={**headers, "Host": target.authority, "Connection": "close"},
                content=body,
                extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
            )
            try:
                # Its body is nobody's business here, and is not read.
                response = await http.send(request, stream=True)
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

    def _http(self) -> httpx.AsyncClient:
        # Made when it is needed: reading which authorities to trust takes a while.
        if self._opened is None:
            self._opened = httpx.AsyncClient(
                # The usual ones, or those of SSL_CERT_FILE.
                verify=httpx.create_ssl_context(),
                # A kept connection is found again by its address, and may be of another name.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                # A proxy would resolve the name once more.
                trust_env=False,
                timeout=httpx.Timeout(SEND_SECONDS, connect=_CONNECT_SECONDS),
            )
        return self._opened


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
