"""What the use cases of secrets need beside the store: what encrypts, and what fetches."""

from typing import Protocol

from mlmon_config_api.domain.secrets import Envelope, Sealed


class Vault(Protocol):
    """Encrypts values for the store, and seals them for the scheduler.

    What asks KMS raises `ServiceUnavailableError` while that does not answer.
    """

    @property
    def key_id(self) -> str:
        """The key that wraps new values' keys."""
        ...

    @property
    def sealing_key_id(self) -> str:
        """The fingerprint of the scheduler's public key."""
        ...

    async def protect(self, name: str, value: str) -> Envelope:
        """Encrypt a value."""
        ...

    async def reveal(self, name: str, envelope: Envelope) -> str:
        """Return the value.

        Raises:
            ConfigurationError: The key that wraps it is not there, or it was damaged.
        """
        ...

    async def rewrap(self, name: str, envelope: Envelope) -> Envelope:
        """Wrap the value's key by the current key; the ciphertext stays.

        Raises:
            ConfigurationError: See `reveal`.
        """
        ...

    def seal(self, name: str, version: int, value: str) -> Sealed:
        """Seal a value so that only the scheduler opens it; another box each time."""
        ...


class ExternalValues(Protocol):
    """Where values are that config-api does not keep itself."""

    async def fetch(self, source: str) -> str:
        """Return the value.

        Raises:
            ValueUnavailableError: It is not there, or cannot be read now.
        """
        ...
