"""Sign in with an OpenID provider: who comes back from it becomes, or is, a user."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol

from mlmon_config_api.application.access_ports import AccessStore, OidcSignIn
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.sign_in import Caller, OpenSession, SignIn
from mlmon_config_api.application.users import put_user
from mlmon_config_api.domain.provider_claims import (
    ProviderRules,
    find_refusal,
    roles_of,
    user_of,
)
from mlmon_config_api.domain.users import UserRecord
from mlmon_shared.errors import ConflictError, ForbiddenError, UnauthenticatedError
from mlmon_shared.wire.users import OIDC, Identity, SignInMethod

PATIENCE: Final = timedelta(minutes=10)
"""So long somebody may take at the provider."""


class IdentityProvider(Protocol):
    """Knows who people are."""

    issuer: str

    async def get_url(self, *, state: str, nonce: str, code_verifier: str) -> str:
        """Return where to send somebody.

        Raises:
            ServiceUnavailableError: The provider does not answer, or not as it should.
        """
        ...

    async def get_claims(
        self, code: str, *, nonce: str, code_verifier: str, now: datetime
    ) -> Mapping[str, Any]:
        """Return what the provider says of who came back with a code, once it is verified.

        Raises:
            UnauthenticatedError: The code or what the provider says is not valid.
            ServiceUnavailableError: The provider does not answer, or not as it should.
        """
        ...


@dataclass(frozen=True)
class Departure:
    """Somebody is being sent to the provider.

    Attributes:
        state: What the browser must bring back, as it was given it and from the provider.
    """

    url: str
    state: str


class ProviderSignIn:
    """Begins sessions of people whom the provider knows.

    Args:
        store: Where users are kept.
        access: Where sessions are kept.
        provider: Knows who people are.
        rules: Who may sign in, and as what.
        sign_in: Begins sessions.
    """

    def __init__(
        self,
        store: CatalogStore,
        access: AccessStore,
        provider: IdentityProvider,
        rules: ProviderRules,
        sign_in: SignIn,
    ) -> None:
        self._store = store
        self._access = access
        self._provider = provider
        self._rules = rules
        self._sign_in = sign_in

    async def leave(self, *, return_to: str, now: datetime) -> Departure:
        """Send somebody to the provider.

        Raises:
            ServiceUnavailableError: The provider does not answer.
            StoreUnavailableError: See `AccessStore`.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = await self._provider.get_url(state=state, nonce=nonce, code_verifier=verifier)
        kept = OidcSignIn(nonce, verifier, return_to, now + PATIENCE)
        async with self._access.access() as access:
            await access.oidc_sign_ins.add(_hash(state), kept, now=now)
        return Departure(url, state)

    async def come_back(
        self, code: str, *, state: str, kept_state: str | None, caller: Caller, now: datetime
    ) -> tuple[OpenSession, str]:
        """Begin a session of who comes back from the provider.

        Args:
            code: From the provider.
            state: From the provider.
            kept_state: From the browser that was sent there.
            caller: Whence it comes.
            now: When.

        Returns:
            The session, and the path to go on to.

        Raises:
            UnauthenticatedError: It is not who was sent, or what the provider says is not valid.
            ForbiddenError: This person may not sign in.
            ConflictError: Another user has the name that this person would get.
            ServiceUnavailableError: The provider does not answer.
            StoreUnavailableError: See `AccessStore`.
        """
        if kept_state is None or not hmac.compare_digest(kept_state.encode(), state.encode()):
            raise UnauthenticatedError("this browser did not begin to sign in; begin again")
        async with self._access.access() as access:
            sent = await access.oidc_sign_ins.take(_hash(state), now)
        if sent is None:
            raise UnauthenticatedError("signing in took too long, or was done already; begin again")
        claims = await self._provider.get_claims(
            code, nonce=sent.nonce, code_verifier=sent.code_verifier, now=now
        )
        async with self._store.write() as catalog:
            user = await self._settle(catalog, claims, now=now)
        async with self._access.access() as access:
            session = await self._sign_in.begin(
                access, user, SignInMethod.OIDC, caller=caller, now=now
            )
        return session, sent.return_to

    async def _settle(
        self, catalog: Catalog, claims: Mapping[str, Any], *, now: datetime
    ) -> UserRecord:
        """Return the user, created or changed as the provider's groups say."""
        refusal = find_refusal(claims, self._rules)
        if refusal is not None:
            raise ForbiddenError(refusal)
        identity = Identity(issuer=self._provider.issuer, subject=claims["sub"])
        found = await catalog.users.find_by_identity(identity.issuer, identity.subject)
        if found is not None and found.user.is_disabled:
            raise ForbiddenError("this user is disabled; ask an administrator")
        roles = roles_of(claims, self._rules)
        if found is not None and not self._rules.roles:
            return found
        if not roles:
            raise ForbiddenError("none of your groups may use MLMon; ask an administrator")
        if found is not None:
            wanted = found.user.model_copy(update={"roles": roles})
        else:
            made = user_of(claims, identity, roles)
            if made is None:
                raise ForbiddenError("your provider tells no name that can be used here")
            if await catalog.users.find(made.name) is not None:
                # Whoever may choose a name at the provider must not become somebody here.
                raise ConflictError(
                    f'there is a user "{made.name}" already; an administrator can link that one '
                    f'to the identity "{identity.subject}" of {identity.issuer}'
                )
            wanted = made
        await put_user(catalog, wanted, by=OIDC, now=now)
        settled = await catalog.users.find(wanted.name)
        if settled is None:
            raise ConflictError(f'the user "{wanted.name}" was removed meanwhile')
        return settled


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
