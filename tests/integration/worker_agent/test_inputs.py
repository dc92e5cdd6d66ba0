"""Inputs from elsewhere: the cache of a host, and files of the web over TLS."""

import asyncio
import contextlib
import hashlib
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from fastapi import FastAPI, Request, Response

from mlmon_shared.errors import NotFoundError, PreconditionFailedError, ServiceUnavailableError
from mlmon_shared.outbound_targets import TargetRules
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.wire.agent_protocol import InputFile, TransferGrant
from mlmon_worker_agent.adapters.input_caches import FolderInputCache
from mlmon_worker_agent.adapters.web_files import HttpsFiles
from mlmon_worker_agent.application.fetch_inputs import InputFetch, InputSources
from mlmon_worker_agent.domain.errors import (
    CorruptTransferError,
    InputError,
    TransferError,
)

HOST = "files.invalid"
LOOPBACK = TargetRules((ip_network("127.0.0.0/8"),), setting="MLMON_AGENT_INPUT_NETWORKS")
KEY = "a" * 64


class Names:
    """Resolves every name to the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        return self.addresses


@dataclass
class Site:
    """A server of files on loopback, by a name that only its certificate knows."""

    port: int = 0
    content: bytes = b"content"
    etag: str = '"1"'
    status: int = 200
    location: str = ""
    asked: list[Request] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "data.csv") -> str:
        return f"https://{HOST}:{self.port}/{path}"


def serve(site: Site) -> FastAPI:
    app = FastAPI()

    @app.get("/{path:path}")
    async def get(path: str, request: Request) -> Response:
        site.asked.append(request)
        await site.may_answer.wait()
        if path == "moved":
            return Response(status_code=302, headers={"Location": site.location})
        if site.etag and request.headers.get("If-None-Match") == site.etag:
            return Response(status_code=304, headers={"ETag": site.etag})
        headers = {"ETag": site.etag} if site.etag else {}
        return Response(site.content, status_code=site.status, headers=headers)

    return app


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    leaf = authority.issue_cert(HOST)
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
    return folder / "leaf.pem"


@pytest.fixture
async def site(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("authority.pem")))
    made = Site()
    made.may_answer.set()
    async with live_server(serve(made), certificate=certificate) as url:
        made.port = int(url.rpartition(":")[2])
        yield made
        made.may_answer.set()


class Fetching:
    """Fetches inputs of one host; `download` is what grants of a store yield."""

    def __init__(self, folder: Path, *, rules: TargetRules = LOOPBACK, **limits: Any) -> None:
        self.folder = folder
        self.cache = FolderInputCache(
            folder / "cache", limit=limits.pop("cache", 1000), may_link=True
        )
        self.web = HttpsFiles(rules, Names(*limits.pop("addresses", ("127.0.0.1",))))
        values = {"limit": 1000, "timeout_seconds": 20.0} | limits
        self.sources = InputSources(self.cache, self.web, **values)
        self.content: bytes | Exception = b"content"
        self.downloads = 0
        self.renewals = 0

    async def download(self, grant: TransferGrant) -> AsyncGenerator[bytes, None]:
        self.downloads += 1
        if isinstance(self.content, Exception):
            raise self.content
        yield self.content

    async def fetch(self, wanted: InputFile, name: str = "x") -> Path:
        target = self.folder / name / wanted.target
        target.parent.mkdir(parents=True, exist_ok=True)

        async def renew() -> None:
            self.renewals += 1

        fetch = InputFetch(
            self.sources,
            self,
            find=lambda: wanted,
            renew=renew,
            part=self.folder / name / "input.part",
            target=target,
        )
        await fetch.try_once()
        return target


@pytest.fixture
async def fetching(tmp_path: Path) -> AsyncIterator[Fetching]:
    made = Fetching(tmp_path)
    yield made
    await made.web.aclose()


def digest(content: bytes = b"content") -> str:
    return hashlib.sha256(content).hexdigest()


def wanted(url: str = "", **changed: Any) -> InputFile:
    """An artifact, or with a URL a file of the web; `source` makes it an object of S3."""
    grant = TransferGrant(method="GET", url=url or "/artifact", expires_at=datetime.now(UTC))
    known: dict[str, Any] = (
        {"size": None, "sha256": None, "source": url, "is_web": True}
        if url
        else {"size": 7, "sha256": digest()}
    )
    return InputFile.model_validate(
        {"target": "in/data.csv", "download": grant, **known, **changed}
    )


def an_object(**changed: Any) -> InputFile:
    known = {"size": 7, "sha256": None, "source": "s3://bucket/data.csv", "etag": '"1"'}
    return wanted(**{**known, **changed})


async def test_artifact_is_downloaded_once_and_is_read_only(fetching: Fetching):
    first = await fetching.fetch(wanted(), "one")
    second = await fetching.fetch(wanted(), "two")

    assert (first.read_bytes(), second.read_bytes()) == (b"content", b"content")
    assert fetching.downloads == 1
    assert stat.S_IMODE(second.stat().st_mode) == 0o444
    assert first.stat().st_ino == second.stat().st_ino


async def test_attempts_that_could_write_get_copies(tmp_path: Path):
    cache = FolderInputCache(tmp_path / "cache", limit=100, may_link=False)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    await cache.keep(KEY, source)

    assert await cache.lend(KEY, target)
    target.chmod(0o644)
    target.write_bytes(b"changed")
    assert await cache.lend(KEY, tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == b"content"


async def test_same_content_is_downloaded_once_for_two_at_once(fetching: Fetching):
    await asyncio.gather(fetching.fetch(wanted(), "one"), fetching.fetch(wanted(), "two"))

    assert fetching.downloads == 1


async def test_least_used_content_goes_first(tmp_path: Path):
    cache = FolderInputCache(tmp_path / "cache", limit=10, may_link=True)
    for number, key in enumerate("abc"):
        source = tmp_path / key
        source.write_bytes(b"1234")
        await cache.keep(key, source)
        with contextlib.suppress(FileNotFoundError):
            os.utime(tmp_path / "cache" / key, ns=(number, number))
    assert not await cache.lend("a", tmp_path / "gone")
    assert await cache.lend("b", tmp_path / "b2")
    (tmp_path / "d").write_bytes(b"1234")
    await cache.keep("d", tmp_path / "d")

    assert await cache.lend("b", tmp_path / "b3")
    assert not await cache.lend("c", tmp_path / "gone")


async def test_cache_gives_room_back_to_attempts(tmp_path: Path):
    cache = FolderInputCache(tmp_path / "cache", limit=100, may_link=True)
    for key in "ab":
        (tmp_path / key).write_bytes(b"1234")
        await cache.keep(key, tmp_path / key, etag="1")
    os.utime(tmp_path / "cache" / "a", ns=(1, 1))

    await cache.give_back(3)
    assert [file.name for file in sorted((tmp_path / "cache").iterdir())] == ["b", "b.etag"]
    await cache.give_back(100)
    assert [*(tmp_path / "cache").iterdir()] == []


async def test_manifest_names_no_file_of_the_host(fetching: Fetching):
    (fetching.folder / "secret").write_bytes(b"content")

    with pytest.raises(CorruptTransferError):
        await fetching.fetch(wanted(sha256="../secret"))


async def test_content_larger_than_the_cache_is_used_and_not_kept(tmp_path: Path):
    fetching = Fetching(tmp_path, cache=6)

    assert (await fetching.fetch(wanted())).read_bytes() == b"content"
    assert [*(tmp_path / "cache").iterdir()] == []


async def test_file_that_a_killed_agent_left_half_written_is_removed(tmp_path: Path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "x.part").write_bytes(b"half")

    FolderInputCache(tmp_path / "cache", limit=10, may_link=True)

    assert [*(tmp_path / "cache").iterdir()] == []


async def test_checksum_alone_does_not_give_another_sources_file(fetching: Fetching):
    await fetching.fetch(an_object(sha256=digest()))
    fetching.content = NotFoundError("no")

    with pytest.raises(InputError, match="is missing"):
        await fetching.fetch(an_object(sha256=digest(), source="s3://other/data.csv"))


async def test_object_that_has_another_etag_is_downloaded_again(fetching: Fetching):
    await fetching.fetch(an_object())
    await fetching.fetch(an_object())
    assert fetching.downloads == 1
    fetching.content = b"changed"

    found = await fetching.fetch(an_object(etag='"2"'), "two")

    assert found.read_bytes() == b"changed"


@pytest.mark.parametrize(
    ("content", "changed", "error", "words"),
    [
        (NotFoundError("no"), {}, InputError, "is missing: s3://bucket/data.csv is not there"),
        (b"content", {"sha256": "0" * 64}, InputError, f"has the SHA-256 {digest()}"),
        (b"content", {"size": 5000}, InputError, "has more than the 1000 B that this host"),
        (b"cut off"[:6], {}, CorruptTransferError, "6 bytes came instead of 7"),
    ],
)
async def test_object_that_is_not_what_was_wanted_is_said_why(
    fetching: Fetching, content: Any, changed: dict[str, Any], error: type[Exception], words: str
):
    fetching.content = content

    with pytest.raises(error, match=words):
        await fetching.fetch(an_object(**changed))
    assert not (fetching.folder / "x" / "in" / "data.csv").exists()


async def test_object_that_changes_meanwhile_is_asked_for_anew(fetching: Fetching):
    fetching.content = PreconditionFailedError("changed")

    with pytest.raises(CorruptTransferError, match="has changed meanwhile"):
        await fetching.fetch(an_object())
    assert fetching.renewals == 1


async def test_file_of_the_web_is_asked_for_again_and_kept_by_its_etag(
    fetching: Fetching, site: Site
):
    first = await fetching.fetch(wanted(site.url("data.csv?key=secret")), "one")
    site.content = b"not sent"
    second = await fetching.fetch(wanted(site.url("data.csv?key=secret")), "two")
    site.etag = '"2"'
    third = await fetching.fetch(wanted(site.url("data.csv?key=secret")), "three")

    assert [each.read_bytes() for each in (first, second, third)] == [
        b"content",
        b"content",
        b"not sent",
    ]
    assert [each.headers.get("If-None-Match") for each in site.asked] == [None, '"1"', '"1"']
    assert site.asked[0].headers["Host"] == f"{HOST}:{site.port}"


async def test_file_of_the_web_with_its_checksum_is_fetched_once(fetching: Fetching, site: Site):
    for name in ("one", "two"):
        await fetching.fetch(wanted(site.url(), sha256=digest()), name)

    assert len(site.asked) == 1


async def test_file_of_the_web_without_etag_is_fetched_each_time(fetching: Fetching, site: Site):
    site.etag = ""
    for name in ("one", "two"):
        await fetching.fetch(wanted(site.url()), name)

    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (404, InputError, "is not there: it answered 404"),
        (403, InputError, "may not be read: it answered 403"),
        (503, ServiceUnavailableError, "answered 503"),
    ],
)
async def test_answer_of_the_web_is_explained_without_the_query(
    fetching: Fetching, site: Site, status: int, error: type[Exception], words: str
):
    site.status = status

    with pytest.raises(error, match=words) as caught:
        await fetching.fetch(wanted(site.url("data.csv?key=secret"), source=site.url()))
    assert "secret" not in str(caught.value)


async def test_file_of_the_web_has_a_limit_a_checksum_and_a_time(tmp_path: Path, site: Site):
    fetching = Fetching(tmp_path, limit=6, timeout_seconds=0.2)
    with pytest.raises(InputError, match="MLMON_AGENT_INPUT_LIMIT"):
        await fetching.fetch(wanted(site.url()))
    site.content = b"other"
    with pytest.raises(InputError, match="not what the definition says"):
        await fetching.fetch(wanted(site.url(), sha256=digest()))
    site.may_answer.clear()
    with pytest.raises(TransferError, match="did not arrive within"):
        await fetching.fetch(wanted(site.url()))
    await fetching.web.aclose()


async def test_private_address_is_refused_unless_it_is_allowed(tmp_path: Path, site: Site):
    fetching = Fetching(tmp_path, rules=TargetRules(setting="MLMON_AGENT_INPUT_NETWORKS"))

    with pytest.raises(InputError, match=r"127\.0\.0\.1.*not public.*MLMON_AGENT_INPUT_NETWORKS"):
        await fetching.fetch(wanted(site.url()))
    assert site.asked == []


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is not public"),
        ("http://files.invalid/x", "begins with https://"),
        ("/moved", "leads on more than 5 times"),
    ],
)
async def test_redirect_is_checked_as_the_first_address_is(
    fetching: Fetching, site: Site, location: str, words: str
):
    site.location = location

    with pytest.raises(InputError, match=words):
        await fetching.fetch(wanted(site.url("moved")))


async def test_redirect_to_what_is_allowed_is_followed(fetching: Fetching, site: Site):
    site.location = "/elsewhere/data.csv"

    assert (await fetching.fetch(wanted(site.url("moved")))).read_bytes() == b"content"
