"""Releases of the agent as files, between the agent and the command that starts it.

The command (`mlmon-agent`) reads and writes the same files, so that it can go back also from a
release that does nothing:

    <sha256>.pyz   a release
    current        the SHA-256 of the one to start; the installed package when there is none
    previous       likewise, to go back to
    trial          SHA-256 and number of starts of one that has not been heard yet
    refused        a line for each SHA-256 that did not come up
"""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Final

import httpx

from mlmon_shared.wire.agent_releases import AgentRelease
from mlmon_worker_agent.domain.errors import ReleaseError

SIZE_LIMIT: Final = 500 * 2**20
_FETCH_SECONDS: Final = 600.0
_START_SECONDS: Final = 120.0
_TOLD_LENGTH: Final = 200


def open_releases(package: Path | None, folder: Path | None) -> "ReleaseFolder | None":
    """Return the releases of this host; None unless the installed command started the agent."""
    if package is None or folder is None or not package.is_file():
        return None
    return ReleaseFolder(package, folder)


class ReleaseFolder:
    """The folder with the releases.

    Args:
        package: What this agent runs from.
        folder: Made when it is needed.
    """

    def __init__(self, package: Path, folder: Path) -> None:
        self._folder = folder
        with package.open("rb") as file:
            self._own_sha256 = hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def own_sha256(self) -> str:
        """Of the package that this agent runs from."""
        return self._own_sha256

    def prove(self) -> None:
        """Note that this release came up; drop what nobody goes back to."""
        if self._read("trial").partition(" ")[0] == self.own_sha256:
            (self._folder / "trial").unlink(missing_ok=True)
        kept = {self._read("current"), self._read("previous"), self.own_sha256}
        for path in self._folder.glob("*.pyz*"):
            if path.name.removesuffix(".pyz") not in kept:
                path.unlink(missing_ok=True)

    def is_refused(self, sha256: str) -> bool:
        """Say whether that release was started here, and did not come up."""
        return sha256 in self._read("refused").split()

    async def fetch(self, release: AgentRelease) -> None:
        """Have the package on this host, and see that it starts; see `Releases`."""
        path = self._path_of(release)
        try:
            if not path.is_file():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                await _download(release, path)
            await _check_start(release, path)
        except TimeoutError as error:
            raise ReleaseError(f"{release.url}: not there after {_FETCH_SECONDS:.0f} s") from error
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise ReleaseError(f"{release.url}: {why}") from error
        except OSError as error:
            raise ReleaseError(f"{path}: {error.strerror}") from error

    def put_in_place(self, release: AgentRelease) -> None:
        """Have the command start that release from now on, for a trial."""
        try:
            # In this order: whenever the host fails, the command finds one that it can start.
            self._write("previous", self._read("current"))
            self._write("trial", f"{release.sha256} 0")
            self._write("current", release.sha256)
        except OSError as error:
            raise ReleaseError(f"{self._folder}: {error.strerror}") from error

    def _path_of(self, release: AgentRelease) -> Path:
        return self._folder / f"{release.sha256}.pyz"

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text().strip()
        except OSError:
            return ""

    def _write(self, name: str, text: str) -> None:
        part = self._folder / f"{name}.part"
        with part.open("w") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)


async def _download(release: AgentRelease, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    digest, size = hashlib.sha256(), 0
    async with (
        asyncio.timeout(_FETCH_SECONDS),
        httpx.AsyncClient(follow_redirects=True) as client,
        client.stream("GET", release.url) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise ReleaseError(f"{release.url} answers {answer.status_code}")
        with part.open("wb") as file:
            async for piece in answer.aiter_bytes():
                size += len(piece)
                if size > SIZE_LIMIT:
                    raise ReleaseError(f"{release.url} is larger than {SIZE_LIMIT} bytes")
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != release.sha256:
        part.unlink()
        raise ReleaseError(
            f"{release.url} has the SHA-256 {digest.hexdigest()}, the pool names {release.sha256}"
        )
    part.chmod(0o700)
    part.replace(path)


async def _check_start(release: AgentRelease, path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        path,
        "--version",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        detail = f"{release.version} does not tell its version within {_START_SECONDS:.0f} s"
        raise ReleaseError(detail) from error
    told = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise ReleaseError(f"{release.version} does not start here: {told[-_TOLD_LENGTH:]}")
    if told != release.version:
        raise ReleaseError(
            f"{release.url} is {told[:_TOLD_LENGTH]}, the pool names {release.version}"
        )
