"""Secrets: set, described and removed; no call returns a value."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Literal

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.secrets import SecretDocument, SecretRequest
from mlmon_shared.wire.validation import validate

_PAGE_SIZE: Final = 200


class Secrets:
    """The part of `AsyncClient` for secrets.

    Attributes:
        config_api: The typed client of config-api.
    """

    config_api: ConfigApiClient

    async def set_secret(
        self,
        name: str,
        value: str | None = None,
        *,
        source: str | None = None,
        description: str | None = None,
        clients: Sequence[str] | Literal["any"] | None = None,
        jobs: Sequence[str] | Literal["any"] | None = None,
        if_match: str | None = None,
    ) -> ApplyResult:
        """Create a secret, give it a new value, or change who may use it.

        What is left out stays as it is; a new secret is for any client and any job.

        Args:
            name: Of the secret; definitions name it so.
            value: Makes the next version, also if it is the same again.
            source: Where the value is instead: `ssm:<parameter>`, `secretsmanager:<secret>`.
            description: For those who look for it.
            clients: For whose runs it may be used.
            jobs: Which jobs may use it.
            if_match: `etag` of the secret as it was read; PreconditionFailedError if somebody
                else has changed it.

        Raises:
            InvalidRequestError: A new one has no value, or a field is wrong.
        """
        given: dict[str, Any] = {
            "name": name,
            "value": value,
            "source": source,
            "description": description,
            "clients": _audience(clients),
            "jobs": _audience(jobs),
        }
        request = validate(SecretRequest, given, shows_values=False)
        return self._noted(await self.config_api.put_secret(request, if_match=if_match))

    async def get_secret(self, name: str) -> SecretDocument:
        """Return what is known of a secret but its value."""
        return await self.config_api.get_secret(name)

    async def list_secrets(self) -> list[SecretDocument]:
        """Return all secrets without their values, by name."""
        found: list[SecretDocument] = []
        cursor: str | None = None
        while True:
            page = await self.config_api.list_secrets(cursor=cursor, limit=_PAGE_SIZE)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def remove_secret(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Forget a secret with its value.

        Raises:
            ConflictError: A definition in use names it.
        """
        return self._noted(await self.config_api.delete_secret(name, if_match=if_match))

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult: ...


def _audience(names: Sequence[str] | None) -> list[str] | str | None:
    return names if names is None or isinstance(names, str) else list(names)
