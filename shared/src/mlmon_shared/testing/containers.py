"""A Docker engine for tests, and an image that no registry is needed for.

The image is put together from this machine's own Python, shell and libraries, so that a
command such as `[HOST_PYTHON, "-c", …]` means the same in a container as outside.
"""

import fcntl
import hashlib
import io
import os
import socket
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import docker
import pytest
import requests
from docker.errors import DockerException, ImageNotFound
from docker.utils import kwargs_from_env

HOST_PYTHON: Final = str(Path(sys.executable).resolve())
"""The interpreter itself: that of a virtual environment under /tmp would be hidden in a container,
which has a /tmp of its own."""
_REPOSITORY: Final = "mlmon-test/host-python"
_WORK: Final = "/job"
_PROGRAMS: Final = ("sh", "true", "sleep")
_FOUND_IN: Final = ("/bin", "/usr/bin")
_LEFT_OUT: Final = frozenset(
    {"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data"}
    | {"site-packages", "dist-packages"}
)
_WHAT_TO_DO: Final = "start one by `deploy/docker/engine.sh start`, or set DOCKER_HOST"


def require_engine() -> docker.APIClient:
    """Return a client of the engine; without one the test is skipped, but fails in CI."""
    try:
        client = _connect()
    except (DockerException, requests.RequestException, OSError) as error:
        why = f"no Docker engine answers ({error}): {_WHAT_TO_DO}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    client.timeout = 120
    return client


def _connect() -> docker.APIClient:
    settings = kwargs_from_env()
    where = settings.get("base_url") or "unix:///var/run/docker.sock"
    if where.startswith("unix://"):
        # The SDK leaves its socket open when nobody listens.
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.connect(where.removeprefix("unix://"))
    return docker.APIClient(**settings, version="auto", timeout=2)


def host_image_name() -> str:
    """Return the name of an image with this machine's Python, `sh`, `true` and `sleep`.

    Its working folder is empty, and its user is root.
    """
    identity = f"{sys.version} {HOST_PYTHON} {sysconfig.get_paths()['stdlib']} 3"
    return f"{_REPOSITORY}:{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def provide_host_image(client: docker.APIClient) -> str:
    """Make that image, if the engine does not have it; return its name."""
    name = host_image_name()
    repository, _, tag = name.partition(":")
    # Several test processes may ask at once.
    with Path(tempfile.gettempdir(), f"mlmon-test-image-{tag}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            client.inspect_image(name)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            client.import_image_from_data(
                _pack(),
                repository=repository,
                tag=tag,
                changes=["ENV PATH=/usr/local/bin:/usr/bin:/bin", f"WORKDIR {_WORK}"],
            )
    return name


def _pack() -> bytes:
    """Return the image's files as a tar archive."""
    programs = [Path(HOST_PYTHON), *(_find_program(name) for name in _PROGRAMS)]
    library = Path(sysconfig.get_paths()["stdlib"])
    modules = sorted((library / "lib-dynload").glob("*.so"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as archive:
        for path in sorted({*programs, *_list_libraries([*programs, *modules])}):
            archive.add(path, recursive=False)
        archive.add(library, filter=_leave_out)
        for folder, mode in (("tmp", 0o1777), (_WORK[1:], 0o755), ("mlmon", 0o755)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
    return packed.getvalue()


def _find_program(name: str) -> Path:
    for folder in _FOUND_IN:
        if (path := Path(folder, name)).exists():
            return path
    raise FileNotFoundError(name)


def _list_libraries(files: list[Path]) -> Iterator[Path]:
    """Yield the shared libraries that programs and modules are linked with."""
    done = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        words = line.split()
        for word in words:
            if word.startswith("/") and not word.endswith(":"):
                yield Path(word)
                break


def _leave_out(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = Path(entry.name).name
    is_left_out = name in _LEFT_OUT or name.startswith("config-") or ".opt-" in name
    return None if is_left_out else entry
