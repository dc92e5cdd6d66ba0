"""Images that come from a registry, by tag or digest, and those that don't."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import bcrypt
import docker
import pytest
from docker.errors import ImageNotFound

from mlmon_shared.testing.polling import eventually, eventually_sync
from mlmon_shared.wire.images import image_mark
from mlmon_shared.wire.states import AttemptState
from mlmon_standalone.services import free_ports
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.images import Images
from mlmon_worker_agent.adapters.docker.pulls import Puller
from mlmon_worker_agent.domain.errors import ImageUnavailableError

CONFIGURATION = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""
USER, PASSWORD = "fleet", "a-long-one"
LOGIN = {"username": USER, "password": PASSWORD}


@contextmanager
def running_registry(folder: Path, *, wants_login: bool = False) -> Iterator[str]:
    """Serve an empty registry on loopback; yield its address."""
    program = shutil.which("docker-registry")
    if program is None:
        why = "docker-registry is not installed (apt-get install docker-registry)"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    (port,) = free_ports(1)
    auth = ""
    if wants_login:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (folder / "users").write_text(f"{USER}:{hashed}\n")
        auth = f"auth: {{htpasswd: {{realm: tests, path: {folder / 'users'}}}}}"
    file = folder / "registry.yml"
    file.write_text(CONFIGURATION.format(folder=folder / "images", port=port, auth=auth))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(file)], stdout=log, stderr=log)
    try:

        def answers() -> bool:
            assert process.poll() is None, (folder / "registry.log").read_text()
            try:
                with urlopen(f"http://127.0.0.1:{port}/"):
                    return True
            except OSError:
                return False

        eventually_sync(answers, within_seconds=20)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class Pushed:
    """An image that a registry has, and the engine hasn't."""

    by_tag: str
    by_digest: str

    @property
    def by_both(self) -> str:
        """Name it by both: then the digest counts."""
        return f"{self.by_tag}@{self.by_digest.partition('@')[2]}"


@dataclass(frozen=True)
class Logins:
    """A file of logins, and images that are pulled with it."""

    file: Path
    images: Images

    def write(self, name: str, password: str) -> None:
        """Keep a login for the registry of an image, as `docker login` does."""
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        self.file.write_text(json.dumps({"auths": {name.partition("/")[0]: {"auth": auth}}}))


@pytest.fixture
def pushed(client: docker.APIClient, image: str, tmp_path: Path) -> Iterator[Pushed]:
    with running_registry(tmp_path) as address, push_to(address, client, image) as made:
        yield made


@pytest.fixture
def private(client: docker.APIClient, image: str, tmp_path: Path) -> Iterator[Pushed]:
    with (
        running_registry(tmp_path, wants_login=True) as address,
        push_to(address, client, image) as made,
    ):
        yield made


@contextmanager
def push_to(address: str, client: docker.APIClient, image: str) -> Iterator[Pushed]:
    """Push an image to a registry, and take it off again."""
    with ExitStack() as stack:
        repository = f"{address}/mlmon/test-{uuid4().hex[:8]}"
        client.tag(image, repository, "1")
        said: list[dict[str, Any]] = list(
            client.push(repository, "1", stream=True, decode=True, auth_config=LOGIN)
        )
        (digest,) = (line["aux"]["Digest"] for line in said if "Digest" in line.get("aux", {}))
        client.remove_image(f"{repository}:1")
        made = Pushed(f"{repository}:1", f"{repository}@{digest}")
        stack.callback(_remove, client, made)
        yield made


def _remove(client: docker.APIClient, pushed: Pushed) -> None:
    for name in (pushed.by_tag, pushed.by_digest):
        try:
            client.remove_image(name)
        except ImageNotFound:
            continue


@pytest.fixture
async def images(client: docker.APIClient) -> AsyncIterator[Images]:
    engine = open_engine()
    yield Images(engine, Puller(engine, timeout_seconds=60))
    engine.client.close()


@pytest.fixture
async def logins(client: docker.APIClient, tmp_path: Path) -> AsyncIterator[Logins]:
    engine = open_engine()
    file = tmp_path / "logins.json"
    yield Logins(file, Images(engine, Puller(engine, logins_file=file, timeout_seconds=60)))
    engine.client.close()


@pytest.mark.parametrize(
    "how", [lambda each: each.by_tag, lambda each: each.by_digest, lambda each: each.by_both]
)
async def test_image_that_is_not_here_is_pulled(
    images: Images, client: docker.APIClient, pushed: Pushed, how: Callable[[Pushed], str]
):
    name = how(pushed)
    told: list[str] = []
    with pytest.raises(ImageNotFound):
        client.inspect_image(name)
    facts = await images.provide(name, told.append)

    assert facts.image_id == client.inspect_image(name)["Id"]
    assert facts == await images.find(name)
    assert facts.resolved == pushed.by_digest
    assert told[0] == f"pulling {name}"
    assert images.names[0] == name
    await images.refresh()
    assert {name, pushed.by_digest} <= set(images.names)


async def test_attempt_runs_in_an_image_that_is_pulled_for_it(scheduler, agent, pushed: Pushed):
    spec = scheduler.enqueue("sh", "-c", "exit 0", image=pushed.by_tag)
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED, result
    assert result.image == pushed.by_digest
    await eventually(lambda: image_mark(pushed.by_tag) in scheduler.polls[-1].images)


async def test_tag_that_the_registry_lacks_is_said(images: Images, pushed: Pushed):
    name = pushed.by_tag.removesuffix(":1") + ":2"
    with pytest.raises(ImageUnavailableError, match="and the registry does not have it"):
        await images.provide(name)


async def test_registry_that_wants_a_login_is_said(
    images: Images, client: docker.APIClient, tmp_path: Path
):
    with (
        running_registry(tmp_path, wants_login=True) as address,
        pytest.raises(ImageUnavailableError, match="wants a login that this host lacks"),
    ):
        await images.provide(f"{address}/private:1")


async def test_a_login_is_used_and_read_anew_for_each_pull(logins: Logins, private: Pushed):
    logins.write(private.by_tag, "the old one")
    with pytest.raises(ImageUnavailableError, match="wants a login that this host lacks"):
        await logins.images.provide(private.by_tag)

    logins.write(private.by_tag, PASSWORD)

    assert await logins.images.provide(private.by_tag)


async def test_an_agent_pulls_with_its_logins(scheduler, agent, logins: Logins, private: Pushed):
    logins.write(private.by_digest, PASSWORD)
    spec = scheduler.enqueue("sh", "-c", "exit 0", image=private.by_digest)
    await agent.start(registry_logins_file=str(logins.file))
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED, result


async def test_a_helper_of_logins_is_asked_and_named_when_it_fails(
    logins: Logins, private: Pushed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    registry = private.by_tag.partition("/")[0]
    helper = tmp_path / "docker-credential-cloud"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD, "ServerURL": registry})
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    logins.file.write_text(json.dumps({"credHelpers": {registry: "cloud"}}))
    helper.write_text("#!/bin/sh\necho the cloud is away\nexit 1\n")
    helper.chmod(0o755)
    with pytest.raises(ImageUnavailableError, match=r"logins .* not in order .*the cloud is away"):
        await logins.images.provide(private.by_tag)

    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")

    assert await logins.images.provide(private.by_tag)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "is no JSON"),
        ("{}", "none of auths, credsStore, credHelpers is in it"),
        ('{"auths": {"127.0.0.1": {"auth": "%%"}}}', "not in order"),
    ],
)
async def test_logins_that_are_not_in_order_are_said(logins: Logins, content: str, fault: str):
    logins.file.write_text(content)
    with pytest.raises(ImageUnavailableError, match=fault):
        await logins.images.provide("127.0.0.1:9/private:1")


async def test_an_agent_does_not_start_without_the_logins_that_it_is_given(agent, tmp_path: Path):
    await agent.start(registry_logins_file=str(tmp_path / "none.json"))

    assert await agent.wait() != 0
    assert "none.json cannot be read: No such file or directory" in agent.log
    assert "Traceback" not in agent.log


async def test_registry_that_is_away_is_said(images: Images, client: docker.APIClient):
    (port,) = free_ports(1)
    with pytest.raises(ImageUnavailableError, match="the registry could not be reached"):
        await images.provide(f"127.0.0.1:{port}/gone:1")
