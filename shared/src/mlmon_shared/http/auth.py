"""Bearer tokens, sessions and scopes.

A service puts an `Authenticator` on `app.state.authenticator`, and one that knows sessions a
`SessionAuthenticator` on `app.state.session_authenticator`; routes declare the scope
that they need with `Depends(RequiredScope(Scope.…))`, through an `Annotated` alias.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mlmon_shared.errors import ForbiddenError, UnauthenticatedError
from mlmon_shared.http.rate_limits import RateLimits
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.catalog import TokenRecord
from mlmon_shared.wire.states import Scope

_IMPLIED: Final = {
    Scope.ADMIN: {Scope.OPERATOR, Scope.AUTHOR, Scope.SUBMITTER, Scope.READER},
    Scope.OPERATOR: {Scope.READER},
    Scope.AUTHOR: {Scope.READER},
    Scope.SUBMITTER: {Scope.READER},
    Scope.SERVICE: {Scope.READER},
}
Guard = Callable[[Request, Principal], Awaitable[None]]
"""Raises NotFoundError when the path names what a limited token does not see."""
Proof = Callable[[Request], Awaitable[Principal | None]]
"""Returns who asks without a token, by what else the request shows; None when it shows nothing.

Raises UnauthenticatedError or ForbiddenError when what it shows is not good."""
ATTEMPT: Final = "attempt"
"""What the OpenAPI document calls the token of an attempt, beside the scopes."""
_bearer = HTTPBearer(auto_error=False, description="A token from `POST /v1/tokens`.")


class Authenticator(Protocol):
    """Knows tokens."""

    async def authenticate(self, token: str, *, is_trusted: bool = True) -> Principal | None:
        """Return whose token it is, or None when it is unknown or has expired.

        Args:
            token: As it was sent.
            is_trusted: Whether its sender is worth more than a look at what is known.
        """


class SessionAuthenticator(Protocol):
    """Knows who is signed in; only requests without a token are asked for it."""

    async def authenticate_session(self, request: Request) -> Principal | None:
        """Return who is signed in; None when nobody is.

        Raises:
            ForbiddenError: The request changes something and a page of another site made it.
        """


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal, as it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def imply(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes with those that they imply."""
    given = frozenset(scopes)
    return given.union(*(_IMPLIED.get(scope, set()) for scope in given))


def principal_of(record: TokenRecord) -> Principal:
    """Return the principal of a stored token, with the scopes that its own imply."""
    visibility = Visibility(
        frozenset(record.clients) if record.clients is not None else None,
        frozenset(record.jobs) if record.jobs is not None else None,
    )
    return Principal(record.id, record.name, imply(record.scopes), record.pool, visibility)


def find_principal(token: str, records: Sequence[TokenRecord], now: datetime) -> Principal | None:
    """Return the principal of the token among the records, compared in constant time."""
    digest = hash_token(token)
    for record in records:
        if hmac.compare_digest(record.sha256, digest):
            has_expired = record.expires_at is not None and record.expires_at <= now
            return None if has_expired else principal_of(record)
    return None


class RequiredScope:
    """A dependency that yields the principal, or answers 401, 403 or 429.

    A token that is limited to clients or jobs gets 403 from every route without a guard, so that
    a route which nobody thought of tells it nothing.

    Args:
        scopes: What the principal needs one of.
        guard: Checks what the path names, for limited tokens. The route itself leaves out of its
            answer what the principal's `visibility` does not see.
        takes_attempts: Whether the token of an attempt is let in as well, if the guard lets it.
        proof: Of who asks without a token, where there is another one.
    """

    def __init__(
        self,
        *scopes: Scope,
        guard: Guard | None = None,
        takes_attempts: bool = False,
        proof: Proof | None = None,
    ) -> None:
        self.scopes = frozenset(scopes)
        self.guard = guard
        self.takes_attempts = takes_attempts
        self.proof = proof

    async def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        """Return whose token the request carries."""
        if credentials is None:
            return await self._prove(request) or await self._of_session(request)
        authenticator: Authenticator = request.app.state.authenticator
        limits: RateLimits = request.app.state.rate_limits
        address = request.client.host if request.client is not None else None
        principal = await authenticator.authenticate(
            credentials.credentials, is_trusted=limits.is_trusted(address)
        )
        if principal is None:
            limits.note_failure(address)
            raise UnauthenticatedError(
                "the token is unknown or has expired; use another one (mlmon tokens create)"
            )
        limits.check_token(principal)
        self._check(principal, "token")
        if principal.visibility.is_limited:
            if self.guard is None:
                raise ForbiddenError(
                    f'the token "{principal.name}" may not see or change what concerns all: '
                    f"{principal.visibility.explain()}; use a token without limits"
                )
            await self.guard(request, principal)
        return principal

    async def _prove(self, request: Request) -> Principal | None:
        if self.proof is None:
            return None
        limits: RateLimits = request.app.state.rate_limits
        try:
            principal = await self.proof(request)
        except (UnauthenticatedError, ForbiddenError):
            limits.note_failure(request.client.host if request.client is not None else None)
            raise
        if principal is not None:
            self._check(principal, "proof")
        return principal

    async def _of_session(self, request: Request) -> Principal:
        sessions: SessionAuthenticator | None = request.app.state.session_authenticator
        principal = await sessions.authenticate_session(request) if sessions is not None else None
        if principal is None:
            raise UnauthenticatedError("send a token: Authorization: Bearer …")
        limits: RateLimits = request.app.state.rate_limits
        limits.check_token(principal)
        self._check(principal, "user")
        return principal

    def _check(self, principal: Principal, kind: str) -> None:
        if principal.attempt is not None:
            if not self.takes_attempts:
                raise ForbiddenError(
                    f"the token of {principal.name} may only report its progress and read its own "
                    "run and inputs; use a token of a person or a program for anything else"
                )
        elif not self.scopes & principal.scopes:
            wanted = " or ".join(sorted(self.scopes)) or "of an attempt that runs"
            raise ForbiddenError(f'the {kind} "{principal.name}" lacks the scope {wanted}')


def takes_limited(dependant: Dependant) -> bool:
    """Return whether a route takes tokens that are limited to clients or jobs."""
    is_guarded = isinstance(dependant.call, RequiredScope) and dependant.call.guard is not None
    return is_guarded or any(takes_limited(inner) for inner in dependant.dependencies)


def scopes_of(dependant: Dependant) -> set[str]:
    """Return the scopes that a route asks for one of, `attempt` for an attempt's own token."""
    found: set[str] = set()
    if isinstance(dependant.call, RequiredScope):
        found |= dependant.call.scopes
        found |= {ATTEMPT} if dependant.call.takes_attempts else set()
    return found.union(*(scopes_of(inner) for inner in dependant.dependencies))
