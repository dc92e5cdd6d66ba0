"""The calls to `/v1/secrets`."""

from urllib.parse import quote

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.secrets import SecretDocument, SecretPage, SecretRequest


class SecretCalls:
    """The part of config-api's client for secrets; no answer has a value."""

    _transport: Transport

    async def put_secret(
        self, request: SecretRequest, *, if_match: str | None = None
    ) -> ApplyResult:
        """Create a secret, rotate it, or change who may use it."""
        path = _path(request.name)
        return await self._transport.call(
            ApplyResult, "PUT", path, json=request.as_body(), headers=condition(if_match)
        )

    async def get_secret(self, name: str) -> SecretDocument:
        """Return what is known of a secret but its value."""
        return await self._transport.call(SecretDocument, "GET", _path(name))

    async def list_secrets(self, *, cursor: str | None = None, limit: int = 50) -> SecretPage:
        """Return a page of secrets, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(SecretPage, "GET", "/v1/secrets", params=params)

    async def delete_secret(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Forget a secret with its value."""
        return await self._transport.call(
            ApplyResult, "DELETE", _path(name), headers=condition(if_match)
        )


def _path(name: str) -> str:
    return f"/v1/secrets/{quote(name, safe='')}"
