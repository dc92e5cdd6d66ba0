"""Know tokens and sessions by looking them up at each request, so that what ends, ends at once."""

from fastapi import Request

from mlmon_config_api.api.cookies import Cookies
from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.sign_in import OpenSession, SignIn
from mlmon_shared.clocks import Clock
from mlmon_shared.http.auth import find_principal, hash_token, imply
from mlmon_shared.principals import Principal
from mlmon_shared.wire.users import scopes_of_roles


class CatalogAuthenticator:
    """Implements `Authenticator` on the stored tokens, and `SessionAuthenticator` on sessions.

    Args:
        store: Where tokens are kept.
        clock: Says what has expired.
        sign_in: Knows sessions.
        cookies: Reads them.
    """

    def __init__(
        self, store: CatalogStore, clock: Clock, sign_in: SignIn, cookies: Cookies
    ) -> None:
        self._store = store
        self._clock = clock
        self._sign_in = sign_in
        self._cookies = cookies

    async def authenticate(self, token: str, *, is_trusted: bool = True) -> Principal | None:  # noqa: ARG002 - a look is all it takes
        """Return whose token it is, or None when it is unknown, revoked or has expired.

        Raises:
            StoreUnavailableError: See `CatalogStore`.
        """
        async with self._store.read() as catalog:
            record = await catalog.tokens.find_by_sha256(hash_token(token))
        records = [record] if record is not None else []
        return find_principal(token, records, self._clock.now())

    async def authenticate_session(self, request: Request) -> Principal | None:
        """Return who is signed in; None when nobody is.

        Raises:
            ForbiddenError: The request changes something and was not made by a page of ours.
            StoreUnavailableError: See `AccessStore`.
        """
        secret = self._cookies.read_session(request)
        if secret is None:
            return None
        session = await self._sign_in.find(secret, now=self._clock.now())
        if session is None:
            return None
        self._cookies.check_forgery(request, secret)
        return principal_of_session(session)


def principal_of_session(session: OpenSession) -> Principal:
    """Return the user of a session, with the scopes of the roles and those that they imply."""
    scopes = imply(scopes_of_roles(session.user.user.roles))
    return Principal(session.record.id, session.record.user, scopes)
