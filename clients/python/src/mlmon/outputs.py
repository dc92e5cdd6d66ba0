"""What runs leave behind: logs and published files."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from mlmon.arguments import RunLike, run_id
from mlmon.artifacts import VerifiedFile, check_artifact_path, check_digest, target_of
from mlmon.async_artifacts import AsyncArtifact
from mlmon.errors import NotFoundError
from mlmon.listings import Listing
from mlmon.logs import lines_of
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.runs import ArtifactDocument


class Outputs:
    """The part of `AsyncClient` that reads what runs wrote.

    Attributes:
        scheduler: The typed client of the scheduler.
    """

    scheduler: SchedulerClient

    async def logs(
        self, run: RunLike, *, follow: bool = False, attempt: int | None = None
    ) -> AsyncGenerator[str]:
        """Yield a run's log line by line; see `log_pieces`."""
        async with aclosing(self.log_pieces(run, follow=follow, attempt=attempt)) as pieces:
            async for line in lines_of(pieces):
                yield line

    async def log_pieces(
        self, run: RunLike, *, follow: bool = False, attempt: int | None = None
    ) -> AsyncGenerator[bytes]:
        """Yield a run's log as it arrives, byte for byte.

        Args:
            run: Which.
            follow: Go on until the run is final.
            attempt: Number; the newest when left out.
        """
        async with self.scheduler.open_logs(
            run_id(run), follow=follow, attempt=attempt
        ) as response:
            async for piece in response.aiter_bytes():
                yield piece

    async def artifacts(self, run: RunLike) -> Listing[ArtifactDocument]:
        """Return what a run published."""
        return Listing((await self.scheduler.list_artifacts(run_id(run))).items)

    async def download_artifact(
        self, run: RunLike, path: str, *, to: str | Path | None = None
    ) -> Path:
        """Download one published file and verify its SHA-256.

        Args:
            run: Whose.
            path: As the definition's `outputs` names it.
            to: A file; or a folder that exists, which gets the artifact under its own path;
                or None for the artifact's file name in the current folder.

        Returns:
            The file written; it appears only once it is complete and right.

        Raises:
            CorruptDownloadError: What came is not what the run published.
            InvalidRequestError: The path would leave its folder.
            NotFoundError: The run published no such file.
        """
        target = target_of(check_artifact_path(path), to)
        published = await self._published(run, path)
        async with self.scheduler.open_artifact(run_id(run), path) as response:
            with VerifiedFile(target, published) as file:
                async for piece in response.aiter_bytes():
                    file.write(piece)
        return target

    async def read_artifact(self, run: RunLike, path: str) -> bytes:
        """Return the content of one published file; see `download_artifact`."""
        published = await self._published(run, check_artifact_path(path))
        async with self.scheduler.open_artifact(run_id(run), path) as response:
            content = await response.aread()
        check_digest(hashlib.sha256(content).hexdigest(), published)
        return content

    def artifact(self, run: RunLike, path: str) -> AsyncArtifact:
        """Return one published file, to be read as bytes, text or a data frame."""
        return AsyncArtifact(run_id(run), check_artifact_path(path), self)

    async def _published(self, run: RunLike, path: str) -> ArtifactDocument:
        published = {artifact.path: artifact for artifact in await self.artifacts(run)}
        if path not in published:
            known = ", ".join(sorted(published)) or "nothing"
            raise NotFoundError(f"run {run_id(run)} did not publish {path}; it published {known}")
        return published[path]
