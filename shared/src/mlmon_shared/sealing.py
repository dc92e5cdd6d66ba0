"""Seal values to the scheduler's key: config-api can close such a box and not open it.

A box is libsodium's (X25519, XSalsa20-Poly1305). The name of the secret and its version are
inside with the value, so that no box can pass for another secret's.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.secrets import SealedSecret

KEY_BYTES = 32


class UnsealableError(Exception):
    """A box cannot be opened; the message says why and never what is in it."""


class Sealer:
    """Seals to one public key.

    Args:
        public_key: 32 bytes.
    """

    def __init__(self, public_key: bytes) -> None:
        self._box = SealedBox(PublicKey(public_key))
        self.key_id = fingerprint(public_key)

    def seal(self, name: str, version: int, value: str) -> str:
        """Return the box, base64; the same value gives another one each time."""
        content = json.dumps({"name": name, "version": version, "value": value})
        return base64.b64encode(self._box.encrypt(content.encode())).decode()


class Unsealer:
    """Opens what was sealed to any of some keys.

    Args:
        private_keys: Of 32 bytes each; several while one replaces another.
    """

    def __init__(self, private_keys: Sequence[bytes]) -> None:
        keys = [PrivateKey(key) for key in private_keys]
        self._boxes = {fingerprint(bytes(key.public_key)): SealedBox(key) for key in keys}

    def open(self, secret: SealedSecret) -> str:
        """Return the value.

        Raises:
            UnsealableError: It was sealed to another key, or damaged, or is another secret's.
        """
        box = self._boxes.get(secret.sealed_for)
        if box is None:
            known = ", ".join(self._boxes) or "none"
            raise UnsealableError(
                f"it is sealed to the key {secret.sealed_for or 'of nobody'}, and the scheduler "
                f"has {known}"
            )
        try:
            content = json.loads(box.decrypt(base64.b64decode(secret.sealed, validate=True)))
        except (CryptoError, ValueError) as error:
            raise UnsealableError("what is sealed was damaged") from error
        if (content["name"], content["version"]) != (secret.name, secret.version):
            raise UnsealableError("what is sealed is another secret, or another version of it")
        return str(content["value"])


def fingerprint(key: bytes) -> str:
    """Return a short name of a key, from which the key cannot be told."""
    return hashlib.sha256(b"mlmon key\n" + key).hexdigest()[:16]


def public_key_of(private_key: bytes) -> bytes:
    """Return the public key that goes with a private one."""
    return bytes(PrivateKey(private_key).public_key)


def encode_key(key: bytes) -> str:
    """Return a key as its file has it."""
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def read_keys(text: str, *, name: str) -> list[bytes]:
    """Return the keys of a file: each 32 bytes in base64 on a line of its own.

    Args:
        text: Of the file; lines that begin with `#` are left out.
        name: Of the setting, for the error.

    Raises:
        ConfigurationError: A line is no key, or there is none.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = [
        _read_key(line, number, name)
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]
    if not keys:
        raise ConfigurationError(f"{name} holds no key; write 32 random bytes in base64")
    return keys


def _read_key(line: str, number: int, name: str) -> bytes:
    plain = line.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{name}: line {number} is not {KEY_BYTES} bytes in base64")
    return key
