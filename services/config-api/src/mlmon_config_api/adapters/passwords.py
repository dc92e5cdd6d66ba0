"""Hash passwords with argon2id."""

import secrets
from base64 import b64encode

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


class Argon2Hasher:
    """Implements the port `PasswordHasher`.

    Args:
        hasher: With parameters of its own, else those that RFC 9106 recommends where memory
            is scarce: 64 MiB and 3 rounds.
        threads: Hash so many at once; each takes its memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = CapacityLimiter(threads)
        self._nobodys = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        """Return the hash to be stored."""
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether the password has this hash; without one it takes as long, and is not."""
        is_right = await to_thread.run_sync(
            self._verify, password_hash or self._nobodys, password, limiter=self._limiter
        )
        return is_right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Say whether it was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """Return what looks like a hash, takes as long to verify, and is that of no password."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
