"""Passes: short-lived tokens with which config-api asks others on behalf of who is signed in.

They are JWTs, signed with a key that the process which makes them keeps to itself; what others need
to check them is in the snapshot. So neither PostgreSQL nor Redis holds anything to make them with.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from mlmon_shared.principals import Principal
from mlmon_shared.wire.passes import PassKey
from mlmon_shared.wire.states import Scope

PREFIX: Final = "mlmp_"
LIFETIME: Final = timedelta(minutes=1)
_ALGORITHM: Final = "Ed25519"
_ISSUER: Final = "mlmon-config-api"
_SCOPES_OF_PEOPLE: Final = frozenset(Scope) - {Scope.AGENT, Scope.SERVICE}


class PassSigner:
    """Makes passes with a key of its own.

    Args:
        key_id: Names the key.
        expires_at: When the key ends.
    """

    def __init__(self, key_id: str, expires_at: datetime) -> None:
        self._key = OKPKey.generate_key("Ed25519", {"kid": key_id})
        self.public = PassKey(
            id=key_id,
            public_key={name: str(part) for name, part in self._key.as_dict(private=False).items()},
            expires_at=expires_at,
        )

    def sign(self, principal: Principal, *, now: datetime) -> str:
        """Return a pass that says who asks and what they may do, for a minute."""
        claims = {
            "iss": _ISSUER,
            "sub": principal.name,
            "sid": principal.token_id,
            "scopes": sorted(principal.scopes & _SCOPES_OF_PEOPLE),
            "exp": int((now + LIFETIME).timestamp()),
        }
        header = {"alg": _ALGORITHM, "kid": self.public.id}
        return PREFIX + jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])


def read_pass(token: str, keys: Sequence[PassKey], *, now: datetime) -> Principal | None:
    """Return whose pass it is; None when it is none, has expired, or its key is not among these.

    Args:
        token: As the request carries it.
        keys: Of the snapshot.
        now: When.
    """
    valid = [OKPKey.import_key({**key.public_key}) for key in keys if key.expires_at > now]
    if not token.startswith(PREFIX) or not valid:
        return None
    try:
        found = jwt.decode(
            token.removeprefix(PREFIX),
            KeySet(list(valid)),
            algorithms=[_ALGORITHM],
        )
        # Of whole seconds: a pass that ends in this second has ended.
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()) + 1,
            iss={"essential": True, "value": _ISSUER},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(found.claims)
        scopes = frozenset(Scope(scope) for scope in found.claims["scopes"])
        return Principal(
            str(found.claims["sid"]), str(found.claims["sub"]), scopes & _SCOPES_OF_PEOPLE
        )
    except (JoseError, ValueError, KeyError, TypeError):
        return None
