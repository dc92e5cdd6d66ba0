"""Know tokens by looking them up at each request, so that a revoked one ends at once."""

from mlmon_config_api.application.ports import CatalogStore
from mlmon_shared.clocks import Clock
from mlmon_shared.http.auth import find_principal, hash_token
from mlmon_shared.principals import Principal


class CatalogAuthenticator:
    """Implements `Authenticator` on the stored tokens."""

    def __init__(self, store: CatalogStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def authenticate(self, token: str, *, is_trusted: bool = True) -> Principal | None:  # noqa: ARG002 - a look is all it takes
        """Return whose token it is, or None when it is unknown, revoked or has expired.

        Raises:
            StoreUnavailableError: See `CatalogStore`.
        """
        async with self._store.read() as catalog:
            record = await catalog.tokens.find_by_sha256(hash_token(token))
        records = [record] if record is not None else []
        return find_principal(token, records, self._clock.now())
