"""Certificates with which a cloud signs what its instances are."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificates

from mlmon_shared.clocks import Clock
from mlmon_shared.errors import ConfigurationError

_SETTING: Final = "MLMON_SCHEDULER_INSTANCE_CERTIFICATES_FILE"


class PinnedCertificates:
    """Implements `SignatureChecker` with RSA PKCS#1 v1.5 and SHA-256.

    The certificates are trusted as they are: who has signed them is not looked at.

    Args:
        certificates: With RSA keys.
        clock: One whose time is over signs nothing any more.
    """

    def __init__(self, certificates: Sequence[Certificate], clock: Clock) -> None:
        self._certificates = certificates
        self._clock = clock

    @classmethod
    def read(cls, file: Path, clock: Clock) -> Self:
        """Read one or more of a PEM file.

        Raises:
            ConfigurationError: It cannot be read, or one of them is bad or not valid now.
        """
        try:
            found = load_pem_x509_certificates(file.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{_SETTING}: cannot read {file}: {error.strerror}") from error
        except ValueError as error:
            raise ConfigurationError(
                f"{_SETTING}: {file} is no PEM file of certificates: {error}"
            ) from error
        for number, certificate in enumerate(found, start=1):
            trouble = _find_trouble(certificate, clock.now())
            if trouble is not None:
                raise ConfigurationError(
                    f"{_SETTING}: certificate {number} of {file} {trouble}; take it out, or put "
                    "the one that AWS publishes for the region now in its place"
                )
        return cls(found, clock)

    def is_signed(self, document: str, signature: str) -> bool:
        """Tell whether one of them, that is valid now, has signed exactly this."""
        try:
            signed = base64.b64decode("".join(signature.split()), validate=True)
        except (binascii.Error, ValueError):
            return False
        now = self._clock.now()
        return any(
            _find_trouble(certificate, now) is None
            and _has_signed(certificate, document.encode(), signed)
            for certificate in self._certificates
        )


def _find_trouble(certificate: Certificate, now: datetime) -> str | None:
    if now > certificate.not_valid_after_utc:
        return f"has expired ({certificate.not_valid_after_utc:%Y-%m-%d})"
    if now < certificate.not_valid_before_utc:
        return f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    try:
        is_rsa = isinstance(certificate.public_key(), RSAPublicKey)
    except ValueError:
        is_rsa = False
    return None if is_rsa else "has no RSA key"


def _has_signed(certificate: Certificate, content: bytes, signature: bytes) -> bool:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
