"""The part of `Client` for secrets."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, ParamSpec, TypeVar

from mlmon.async_clients import AsyncClient
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.secrets import SecretDocument

P = ParamSpec("P")
T = TypeVar("T")


class SyncSecrets:
    """Secrets are set, described and removed; `mlmon.secrets` tells more."""

    _inner: AsyncClient

    def set_secret(
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
        """Create, rotate or change a secret; see `AsyncClient.set_secret`."""
        return self._call(
            self._inner.set_secret,
            name,
            value,
            source=source,
            description=description,
            clients=clients,
            jobs=jobs,
            if_match=if_match,
        )

    def get_secret(self, name: str) -> SecretDocument:
        """Return what is known of a secret but its value."""
        return self._call(self._inner.get_secret, name)

    def list_secrets(self) -> list[SecretDocument]:
        """Return all secrets without their values, by name."""
        return self._call(self._inner.list_secrets)

    def remove_secret(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Forget a secret with its value."""
        return self._call(self._inner.remove_secret, name, if_match=if_match)

    @abstractmethod
    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...
