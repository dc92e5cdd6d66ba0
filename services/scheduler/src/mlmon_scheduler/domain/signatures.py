"""HMAC signatures for agents' session tokens and for upload grants.

Both carry all that is needed to check them, so that they survive a wiped Redis.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

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
        payload = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()
        return f"{_TOKEN_PREFIX}{payload}.{self._sign('session', payload)}"

    def find_session(self, token: str) -> AgentSession | None:
        """Return the session of a token, or None when it is not one of ours."""
        if not token.startswith(_TOKEN_PREFIX):
            return None
        payload, _, signature = token.removeprefix(_TOKEN_PREFIX).partition(".")
        if not _is_same(self._sign("session", payload), signature):
            return None
        try:
            document = json.loads(base64.urlsafe_b64decode(payload))
            return AgentSession(document["a"], document["s"], document["p"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            return None

    def sign_transfer(self, method: str, attempt_id: str, path: str, expires_ms: int) -> str:
        """Return the signature of the right to move one file."""
        return self._sign("transfer", f"{method}\n{attempt_id}\n{path}\n{expires_ms}")

    def is_transfer_signed(
        self, method: str, attempt_id: str, path: str, expires_ms: int, signature: str
    ) -> bool:
        """Tell whether the signature is ours; the caller checks the time."""
        return _is_same(self.sign_transfer(method, attempt_id, path, expires_ms), signature)

    def _sign(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._secret, f"{purpose}\n{text}".encode(), hashlib.sha256)
        return digest.hexdigest()


def _is_same(ours: str, given: str) -> bool:
    # As bytes: compare_digest raises for text that is not ASCII.
    return hmac.compare_digest(ours.encode(), given.encode())
