"""Clients read whom to trust at their first request over TLS, and then check who answers."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import certifi
import httpx
import pytest
import pytest_asyncio

from mlmon_shared.clients.http_clients import open_http_client

# Of localhost, signed by itself, good for a hundred years, and used for nothing else.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUC1/gSAx5Fuh9IG55ahpFdmLPdiowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE2MDc1OFoYDzIxMjYxMDMx
MTYwNzU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQXHiXWqppYwYA2zSNcDKZpMFDTMEWooI11w9pF3nAcwvW74tZ2KqRt
UHEBnibZ0rauxTR7kh8Kw19r8Fc03vG7o28wbTAdBgNVHQ4EFgQUNbVKGdW74P0s
2h+gL0aGWoMR/YowHwYDVR0jBBgwFoAUNbVKGdW74P0s2h+gL0aGWoMR/YowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgeDzG7AWNKbJNyU1j5DD/qbdatLBAEezMlNsCGWN2CAECIQC+
DgMR7T/GQIX3RsOaBYOUY2CsuRi3R829DPXAVyEroQ==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf/XNaGLEqz2uuSls
+bl0csNC0cd2mo+pQZgCUptVqAihRANCAAQXHiXWqppYwYA2zSNcDKZpMFDTMEWo
oI11w9pF3nAcwvW74tZ2KqRtUHEBnibZ0rauxTR7kh8Kw19r8Fc03vG7
-----END PRIVATE KEY-----
"""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "localhost.pem"
    file.write_text(CERTIFICATE)
    return file


@pytest_asyncio.fixture
async def server(certificate: Path) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    serving = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with serving:
        yield f"https://localhost:{serving.sockets[0].getsockname()[1]}"


async def test_server_that_nobody_vouches_for_is_refused(server: str):
    async with open_http_client() as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(server)


async def test_server_of_a_known_authority_answers(
    server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_http_client() as client:
        monkeypatch.setattr(certifi, "where", lambda: str(certificate))
        answer = await client.get(server)

    assert answer.status_code == httpx.codes.NO_CONTENT
