"""Images that go when the disk fills up."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.images import Images
from mlmon_worker_agent.adapters.docker.pulls import Puller
from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from tests.integration.worker_agent.docker.own_engines import OwnEngine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts an engine")

REPOSITORY = "mlmon-test/shed"


def make_image(client: docker.APIClient, tag: str) -> str:
    """Make an image with a file of its own."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        content = tag.encode()
        member = tarfile.TarInfo("tag")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    client.import_image_from_data(packed.getvalue(), repository=REPOSITORY, tag=tag)
    return f"{REPOSITORY}:{tag}"


@pytest.fixture
def client(engine: OwnEngine) -> Iterator[docker.APIClient]:
    made = engine.client()
    for image in made.images():
        made.remove_image(image["Id"], force=True)
    yield made
    made.close()


def tags_of(client: docker.APIClient) -> set[str]:
    return {tag.partition(":")[2] for image in client.images() for tag in image["RepoTags"] or []}


async def test_least_used_images_go_first(engine: OwnEngine, client: docker.APIClient):
    older, newer = make_image(client, "older"), make_image(client, "newer")
    # Two names of one image go together.
    client.tag(newer, REPOSITORY, "other")
    opened = open_engine(engine.url)
    images = Images(opened, Puller(opened))
    await images.find(older)
    left = iter([True, False])

    gone = await images.shed(lambda: next(left), set)

    assert sorted(gone) == [f"{REPOSITORY}:newer", f"{REPOSITORY}:other"]
    assert tags_of(client) == {"older"}
    assert images.names == [older]
    opened.client.close()


async def test_image_of_a_container_stays(
    engine: OwnEngine, client: docker.APIClient, tmp_path: Path
):
    used, prepared = make_image(client, "used"), make_image(client, "prepared")
    make_image(client, "unused")
    container = client.create_container(used, "true")
    opened = open_engine(engine.url)
    prepared_id = client.inspect_image(prepared)["Id"]
    images = Images(opened, Puller(opened))

    gone = await images.shed(lambda: True, lambda: {prepared_id})

    assert gone == [f"{REPOSITORY}:unused"]
    assert tags_of(client) == {"used", "prepared"}
    client.remove_container(container["Id"])
    runtime = DockerRuntime(
        opened,
        tmp_path,
        api_url="http://scheduler",
        boot_id=read_boot_id(),
        secrets=SecretFolders(DEFAULT_FOLDER, str(tmp_path)),
    )
    assert len(await runtime.shed_images(lambda: True)) == 2
    assert tags_of(client) == set()
    opened.client.close()
