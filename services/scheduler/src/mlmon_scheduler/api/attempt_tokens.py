"""Tokens of attempts, which this service makes and knows by itself."""

from mlmon_scheduler.domain.signatures import ATTEMPT_PREFIX, Signer
from mlmon_shared.http.auth import Authenticator
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import Visibility


class AttemptAuthenticator:
    """Knows the tokens of attempts; all others are for somebody else to know.

    Args:
        signer: Of the tokens.
        others: Asked for every other token.
    """

    def __init__(self, signer: Signer, others: Authenticator) -> None:
        self._signer = signer
        self._others = others

    async def authenticate(self, token: str, *, is_trusted: bool = True) -> Principal | None:
        """Return whose token it is, or None; whether an attempt still runs, the guards ask."""
        if not token.startswith(ATTEMPT_PREFIX):
            return await self._others.authenticate(token, is_trusted=is_trusted)
        attempt = self._signer.find_attempt(token)
        if attempt is None:
            return None
        return Principal(
            attempt.attempt_id,
            f"attempt {attempt.attempt_id}",
            frozenset(),
            visibility=Visibility(clients=frozenset({attempt.client})),
            attempt=attempt,
        )
