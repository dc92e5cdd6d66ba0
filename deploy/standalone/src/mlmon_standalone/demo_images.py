"""The image of the demo's jobs, built by this machine's engine."""

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import requests
from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound

from mlmon_shared.errors import ConfigurationError
from mlmon_worker_agent.adapters.docker.engines import open_engine

_OFFICIAL_BASE: Final = "python:3.12-slim"
_OWN_BASE: Final = "mlmon/python-base:3"
_PIP_SETTINGS: Final = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
_BUILD_SECONDS: Final = 1800
_LINES: Final = 12


def build_image(example: Path, image: str, *, say: Callable[[str], None]) -> str:
    """Build the example's image, from the engine's cache if nothing changed.

    Its packages have the versions of the lock, as where attempts run as processes.

    Args:
        example: Folder with the Dockerfile, in a checkout.
        image: Name to give it.
        say: Told what takes long.

    Returns:
        What the engine is.

    Raises:
        ConfigurationError: No engine answers, or the image cannot be built.
    """
    engine = open_engine()
    client = engine.client
    client.timeout = _BUILD_SECONDS
    try:
        base = _find_base(client, example.parent.parent / "deploy/docker/base.sh", say)
        say(f"building the image {image} from {base} (takes minutes the first time)")
        _build(client, _pack(example), image=image, base=base)
    except (DockerException, requests.RequestException) as error:
        raise ConfigurationError(f"the image {image} was not built: {error}") from error
    finally:
        client.close()
    return engine.description


def _find_base(client: APIClient, script: Path, say: Callable[[str], None]) -> str:
    """Return the base that is there; else pull the official one, or make an equivalent.

    Args:
        client: Of the engine.
        script: Makes a base where no registry can be reached; needs root.
        say: Told what takes long.

    Raises:
        ConfigurationError: There is none, and none can be had.
    """
    for name in (_OFFICIAL_BASE, _OWN_BASE):
        try:
            client.inspect_image(name)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            continue
        return name
    repository, _, tag = _OFFICIAL_BASE.partition(":")
    try:
        client.pull(repository, tag=tag)
    except APIError as error:
        if os.geteuid() != 0 or not script.is_file():
            raise ConfigurationError(
                f"{_OFFICIAL_BASE} cannot be pulled: {error.explanation}. Where no registry can "
                "be reached, deploy/docker/base.sh makes a base; it needs root."
            ) from error
    else:
        return _OFFICIAL_BASE
    say(f"{_OFFICIAL_BASE} cannot be pulled: making {_OWN_BASE} from Debian (about a minute)")
    done = subprocess.run(  # noqa: S603 - of this checkout
        [script], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = "\n".join(done.stderr.splitlines()[-_LINES:])
        raise ConfigurationError(f"{script} failed with status {done.returncode}: {last}")
    return _OWN_BASE


def _build(client: APIClient, context: bytes, *, image: str, base: str) -> None:
    settings = {name: os.environ[name] for name in _PIP_SETTINGS if name in os.environ}
    said: list[str] = []
    lines = client.build(
        fileobj=io.BytesIO(context),
        custom_context=True,
        tag=image,
        buildargs={"BASE": base, **settings},
        # An engine without a bridge has no other; pip needs one.
        network_mode="host",
        rm=True,
        forcerm=True,
        decode=True,
    )
    for line in lines:
        document: dict[str, Any] = line
        said += str(document.get("stream", "")).splitlines()
        if "error" in document:
            end = "\n".join(["", *[text for text in said if text.strip()][-_LINES:]])
            raise ConfigurationError(f"the image {image} was not built: {document['error']}{end}")


def _pack(example: Path) -> bytes:
    """Return what the build may see: the files that .dockerignore lets through."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        names = ["Dockerfile", "requirements.in", *(path.name for path in example.glob("*.py"))]
        for name in sorted(names):
            archive.add(example / name, arcname=name, filter=_same_for_all)
        constraints = _read_constraints(example.parent.parent / "requirements" / "run.txt")
        entry = tarfile.TarInfo("constraints.txt")
        entry.size = len(constraints)
        archive.addfile(entry, io.BytesIO(constraints))
    return packed.getvalue()


def _read_constraints(lock: Path) -> bytes:
    """Return the versions of a lock, without its hashes."""
    lines = lock.read_text().splitlines() if lock.is_file() else []
    pins = [
        line.removesuffix("\\").rstrip() for line in lines if "==" in line and line[0].isalpha()
    ]
    return "".join(f"{pin}\n" for pin in pins).encode()


def _same_for_all(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made a file: it would be another image for each user."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry
