"""HMAC signatures for agents' session tokens, attempts' own tokens, and upload grants.

All carry all that is needed to check them, so that they survive a wiped Redis.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from mlmon_shared.principals import AttemptIdentity

ATTEMPT_PREFIX: Final = "mlt1."
"""Of the token that an attempt's container gets."""
_TOKEN_PREFIX: Final = "mla1."  # noqa: S105 - the kind of token, not a token


@dataclass(frozen=True)
class AgentSession:
    """Whose session a token stands for."""

    agent_id: str
    session: str
    pool: str


class Signer:
    """Signs and checks with one secret key.

    Args:
        secret: At least 32 characters.

    Raises:
        ValueError: The secret is too short.
    """

    def __init__(self, secret: str) -> None:
        shortest = 32
        if len(secret) < shortest:
            message = f"the signing key needs at least {shortest} characters"
            raise ValueError(message)
        self._secret = secret.encode()

    def session_token(self, session: AgentSession) -> str:
        """Return the token of a session."""
        document = {"a": session.agent_id, "s": session.session, "p": session.pool}
        return _TOKEN_PREFIX + self._seal("session", document)

    def find_session(self, token: str) -> AgentSession | None:
        """Return the session of a token, or None when it is not one of ours."""
        try:
            document = self._open("session", _TOKEN_PREFIX, token)
            return AgentSession(document["a"], document["s"], document["p"])
        except (ValueError, KeyError, TypeError):
            return None

    def attempt_token(self, attempt: AttemptIdentity) -> str:
        """Return the token of an attempt, the same each time.

        Whether the attempt is still the current one of its run is for whoever takes it to ask.
        """
        document = {
            "r": attempt.run_id,
            "n": attempt.number,
            "f": attempt.fence,
            "c": attempt.client,
        }
        return ATTEMPT_PREFIX + self._seal("attempt", document)

    def find_attempt(self, token: str) -> AttemptIdentity | None:
        """Return the attempt of a token, or None when it is not one of ours."""
        try:
            document = self._open("attempt", ATTEMPT_PREFIX, token)
            return AttemptIdentity(
                str(document["r"]), int(document["n"]), str(document["f"]), str(document["c"])
            )
        except (ValueError, KeyError, TypeError):
            return None

    def sign_transfer(self, method: str, attempt_id: str, path: str, expires_ms: int) -> str:
        """Return the signature of the right to move one file."""
        return self._sign("transfer", f"{method}\n{attempt_id}\n{path}\n{expires_ms}")

    def is_transfer_signed(
        self, method: str, attempt_id: str, path: str, expires_ms: int, signature: str
    ) -> bool:
        """Tell whether the signature is ours; the caller checks the time."""
        return _is_same(self.sign_transfer(method, attempt_id, path, expires_ms), signature)

    def _seal(self, purpose: str, document: dict[str, Any]) -> str:
        payload = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()
        return f"{payload}.{self._sign(purpose, payload)}"

    def _open(self, purpose: str, prefix: str, token: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a token carries.

        Raises:
            ValueError: It is not one of ours for this purpose.
        """
        payload, _, signature = token.removeprefix(prefix).partition(".")
        if not token.startswith(prefix) or not _is_same(self._sign(purpose, payload), signature):
            message = f"no token of ours for {purpose}"
            raise ValueError(message)
        return json.loads(base64.urlsafe_b64decode(payload))

    def _sign(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._secret, f"{purpose}\n{text}".encode(), hashlib.sha256)
        return digest.hexdigest()


def _is_same(ours: str, given: str) -> bool:
    # As bytes: compare_digest raises for text that is not ASCII.
    return hmac.compare_digest(ours.encode(), given.encode())
