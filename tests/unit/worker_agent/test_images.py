import pytest

from mlmon_shared.wire.images import image_mark, without_tag
from mlmon_worker_agent.adapters.docker.images import resolve_name

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("python", "python"),
        ("python:3.12-slim", "python"),
        ("localhost:5000/python", "localhost:5000/python"),
        ("localhost:5000/ds/python:3", "localhost:5000/ds/python"),
        (f"localhost:5000/python@{DIGEST}", "localhost:5000/python"),
        (f"python:3@{DIGEST}", "python"),
    ],
)
def test_repository_is_the_name_without_tag_and_digest(name: str, repository: str):
    assert without_tag(name) == repository


def test_mark_is_what_redis_calculates_of_the_name():
    # redis.sha1hex("image") begins so.
    assert image_mark("image") == "0e76292794888d4f1fa75fb3aff4ca27c58f56a6"[:12]


def test_image_is_named_by_the_digest_of_the_registry_that_was_asked():
    digests = [f"mirror.example.com/python@{DIGEST}", f"python@{DIGEST}"]

    assert resolve_name("python:3", digests, "sha256:id") == f"python@{DIGEST}"
    assert resolve_name("docker.io/library/python:3", digests, "sha256:id") == digests[0]


def test_image_of_no_registry_is_named_by_its_id():
    assert resolve_name("mlmon/made-here:1", [], "sha256:id") == "sha256:id"
