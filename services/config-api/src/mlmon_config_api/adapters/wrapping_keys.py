"""What wraps the keys of values: keys of a file, or a key of KMS."""

import asyncio
import base64
import os
from collections.abc import Sequence
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mlmon_config_api.adapters.aws import AwsAccess
from mlmon_shared.errors import ConfigurationError, ServiceUnavailableError
from mlmon_shared.sealing import fingerprint

NONCE_BYTES: Final = 12
_KMS: Final = "kms:"
_RETRY_SECONDS: Final = 5


class WrappingKeys(Protocol):
    """Wraps new keys by one of its keys, and unwraps what any of them wrapped."""

    @property
    def key_id(self) -> str:
        """Names the key that wraps."""
        ...

    def knows(self, key_id: str) -> bool:
        """Say whether it can unwrap what this key wrapped."""
        ...

    async def wrap(self, key: bytes, name: str) -> str:
        """Return the wrapped key, base64.

        Args:
            key: To wrap.
            name: Of the secret; unwrapping takes the same.
        """
        ...

    async def unwrap(self, key_id: str, wrapped: str, name: str) -> bytes:
        """Return what was wrapped."""
        ...


class FileKeys:
    """Keys of a file: the first wraps, the others only unwrap what they wrapped before.

    Args:
        keys: 32 bytes each.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {fingerprint(key): AESGCM(key) for key in keys}
        self.key_id = fingerprint(keys[0])

    def knows(self, key_id: str) -> bool:
        """Say whether the key is in the file."""
        return key_id in self._keys

    async def wrap(self, key: bytes, name: str) -> str:
        """Return the key, encrypted by the first key."""
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._keys[self.key_id].encrypt(nonce, key, name.encode())
        return base64.b64encode(wrapped).decode()

    async def unwrap(self, key_id: str, wrapped: str, name: str) -> bytes:
        """Return the key.

        Raises:
            ConfigurationError: It was damaged, or is another secret's.
        """
        data = base64.b64decode(wrapped)
        nonce, encrypted = data[:NONCE_BYTES], data[NONCE_BYTES:]
        try:
            return self._keys[key_id].decrypt(nonce, encrypted, name.encode())
        except InvalidTag as error:
            raise damaged(name) from error


class KmsKey:
    """A key of KMS, which never leaves it.

    Args:
        aws: Asks KMS.
        key: Its id, ARN or alias.
    """

    def __init__(self, aws: AwsAccess, key: str) -> None:
        self._aws = aws
        self._key = key
        self.key_id = f"{_KMS}{key}"

    def knows(self, key_id: str) -> bool:
        """Say whether a key of KMS wrapped it: KMS itself knows which."""
        return key_id.startswith(_KMS)

    async def wrap(self, key: bytes, name: str) -> str:
        """Return the key, encrypted by KMS.

        Raises:
            ServiceUnavailableError: KMS does not answer, or refuses.
        """
        answer = await self._call("encrypt", KeyId=self._key, Plaintext=key, **_context(name))
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    async def unwrap(self, key_id: str, wrapped: str, name: str) -> bytes:
        """Return the key.

        Raises:
            ServiceUnavailableError: KMS does not answer, or refuses.
        """
        key = key_id.removeprefix(_KMS)
        data = base64.b64decode(wrapped)
        answer = await self._call("decrypt", KeyId=key, CiphertextBlob=data, **_context(name))
        return bytes(answer["Plaintext"])

    async def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        answer, problem = await asyncio.to_thread(self._aws.call, "kms", operation, **arguments)
        if problem is not None:
            raise ServiceUnavailableError(
                f"KMS cannot {operation} the keys of secrets: {problem.detail}",
                retry_after_seconds=_RETRY_SECONDS,
            )
        return answer


def damaged(name: str) -> ConfigurationError:
    """Build the error for what the right key does not open."""
    return ConfigurationError(f'what is stored of the secret "{name}" was damaged; set it again')


def _context(name: str) -> dict[str, Any]:
    return {"EncryptionContext": {"mlmon-secret": name}}
