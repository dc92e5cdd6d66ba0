"""A stand-in for the metadata service of EC2, and for the key with which AWS signs identities.

Not run against EC2: made after its documentation.
"""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Header, HTTPException, Response

from mlmon_shared.testing.live_servers import live_server

LIFECYCLE = "autoscaling/target-lifecycle-state"
ACCOUNT = "123456789012"
INSTANCE = "i-0123456789abcdef0"
FACTS = {
    "accountId": ACCOUNT,
    "architecture": "x86_64",
    "availabilityZone": "eu-west-2a",
    "imageId": "ami-0abcdef1234567890",
    "instanceId": INSTANCE,
    "instanceType": "g5.xlarge",
    "pendingTime": "2026-11-19T16:32:11Z",
    "privateIp": "10.158.112.84",
    "region": "eu-west-2",
    "version": "2017-09-30",
}


@dataclass(frozen=True)
class Signed:
    """What the metadata service says of who an instance is."""

    document: str
    signature: str


@dataclass(frozen=True)
class Authority:
    """Signs as AWS does in a region."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def sign(self, document: str | None = None, **facts: str) -> Signed:
        """Sign a document, or one with these facts changed; in base64 of several lines."""
        if document is None:
            document = json.dumps(FACTS | facts, indent=2)
        signature = self.key.sign(document.encode(), PKCS1v15(), SHA256())
        return Signed(document, base64.encodebytes(signature).decode())


def make_authority(
    *, begins: datetime | None = None, ends: datetime | None = None, bits: int = 2048
) -> Authority:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Amazon of the tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ends or datetime.now(UTC) + timedelta(days=36500))
        .sign(key, SHA256())
    )
    return Authority(key, certificate)


@cache
def authority() -> Authority:
    """The one whose certificate tests pin."""
    return make_authority()


@cache
def stranger() -> Authority:
    """One whose certificate nobody pins."""
    return make_authority()


@dataclass
class Metadata:
    """What stands below /latest/, who the instance is, and the tokens that are good."""

    url: str = ""
    entries: dict[str, str] = field(default_factory=lambda: {LIFECYCLE: "InService"})
    signed: Signed | None = None
    tokens: set[str] = field(default_factory=set)
    made: int = 0


def create_metadata(metadata: Metadata) -> FastAPI:
    """IMDSv2, as EC2's documentation has it: no answer without a token."""
    app = FastAPI()

    def check(token: str) -> None:
        if token not in metadata.tokens:
            raise HTTPException(401)

    @app.put("/latest/api/token")
    async def make_token(
        x_aws_ec2_metadata_token_ttl_seconds: Annotated[int, Header()],
    ) -> Response:
        assert 0 < x_aws_ec2_metadata_token_ttl_seconds <= 21600
        metadata.made += 1
        metadata.tokens.add(f"token-{metadata.made}")
        return Response(f"token-{metadata.made}")

    @app.get("/latest/meta-data/{path:path}")
    async def read(path: str, x_aws_ec2_metadata_token: Annotated[str, Header()] = "") -> Response:
        check(x_aws_ec2_metadata_token)
        if path not in metadata.entries:
            raise HTTPException(404)
        return Response(metadata.entries[path])

    @app.get("/latest/dynamic/instance-identity/{name}")
    async def identify(
        name: str, x_aws_ec2_metadata_token: Annotated[str, Header()] = ""
    ) -> Response:
        check(x_aws_ec2_metadata_token)
        if metadata.signed is None or name not in {"document", "signature"}:
            raise HTTPException(404)
        return Response(getattr(metadata.signed, name), media_type="text/plain")

    return app


@asynccontextmanager
async def serve_metadata() -> AsyncIterator[Metadata]:
    """Serve an instance that ends not, and of which nobody has signed who it is."""
    made = Metadata()
    async with live_server(create_metadata(made)) as url:
        made.url = url
        yield made
