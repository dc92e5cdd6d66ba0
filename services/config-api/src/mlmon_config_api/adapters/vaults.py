"""Encrypt values in envelopes for the store, and seal them for the scheduler."""

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mlmon_config_api.adapters.wrapping_keys import NONCE_BYTES, WrappingKeys, damaged
from mlmon_config_api.domain.secrets import Envelope, Sealed
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.sealing import Sealer

_KEY_BITS = 256


class EnvelopeVault:
    """Implements `Vault`: a key of its own for each value, AES-256-GCM.

    Args:
        keys: The first wraps; the others unwrap what it does not know.
        sealer: Seals to the scheduler's key.
    """

    def __init__(self, keys: Sequence[WrappingKeys], sealer: Sealer) -> None:
        self._keys = keys
        self._sealer = sealer

    @property
    def key_id(self) -> str:
        """The key that wraps new values' keys."""
        return self._keys[0].key_id

    @property
    def sealing_key_id(self) -> str:
        """The fingerprint of the scheduler's public key."""
        return self._sealer.key_id

    async def protect(self, name: str, value: str) -> Envelope:
        """Encrypt a value."""
        key, nonce = AESGCM.generate_key(_KEY_BITS), os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(key).encrypt(nonce, value.encode(), name.encode())
        return Envelope(
            key_id=self.key_id,
            wrapped=await self._keys[0].wrap(key, name),
            nonce=base64.b64encode(nonce).decode(),
            ciphertext=base64.b64encode(ciphertext).decode(),
        )

    async def reveal(self, name: str, envelope: Envelope) -> str:
        """Return the value.

        Raises:
            ConfigurationError: The key that wraps it is not there, or it was damaged.
        """
        key = await self._unwrap(name, envelope)
        nonce, ciphertext = map(base64.b64decode, (envelope.nonce, envelope.ciphertext))
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, name.encode()).decode()
        except InvalidTag as error:
            raise damaged(name) from error

    async def rewrap(self, name: str, envelope: Envelope) -> Envelope:
        """Wrap the value's key by the current key; the ciphertext stays.

        Raises:
            ConfigurationError: See `reveal`.
        """
        key = await self._unwrap(name, envelope)
        return Envelope(
            key_id=self.key_id,
            wrapped=await self._keys[0].wrap(key, name),
            nonce=envelope.nonce,
            ciphertext=envelope.ciphertext,
        )

    def seal(self, name: str, version: int, value: str) -> Sealed:
        """Seal a value so that only the scheduler opens it; another box each time."""
        return Sealed(self._sealer.key_id, self._sealer.seal(name, version, value))

    async def _unwrap(self, name: str, envelope: Envelope) -> bytes:
        for keys in self._keys:
            if keys.knows(envelope.key_id):
                return await keys.unwrap(envelope.key_id, envelope.wrapped, name)
        raise ConfigurationError(
            f'the key {envelope.key_id}, which wraps the secret "{name}", is not there; add it to '
            "the file of keys again, or set the secret again"
        )
