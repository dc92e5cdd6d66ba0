"""The part of `Client` that reads what runs wrote."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import TypeVar

from mlmon.arguments import RunLike, run_id
from mlmon.artifacts import check_artifact_path
from mlmon.listings import Listing
from mlmon.sync_artifacts import Artifact
from mlmon.sync_bindings import SyncBindings
from mlmon_shared.wire.runs import ArtifactDocument

T = TypeVar("T")


class SyncOutputs(SyncBindings):
    """Logs and published files; `mlmon.outputs` tells more."""

    def logs(
        self, run: RunLike, *, follow: bool = False, attempt: int | None = None
    ) -> Iterator[str]:
        """Yield a run's log line by line; with `follow`, until the run is final."""
        return self._iterate(self._inner.logs(run, follow=follow, attempt=attempt))

    def artifacts(self, run: RunLike) -> Listing[ArtifactDocument]:
        """Return what a run published."""
        return self._call(self._inner.artifacts, run)

    def download_artifact(self, run: RunLike, path: str, *, to: str | Path | None = None) -> Path:
        """Download one published file, verify its SHA-256, and return where it is."""
        return self._call(self._inner.download_artifact, run, path, to=to)

    def read_artifact(self, run: RunLike, path: str) -> bytes:
        """Return the content of one published file, verified."""
        return self._call(self._inner.read_artifact, run, path)

    def artifact(self, run: RunLike, path: str) -> Artifact:
        """Return one published file, to be read as bytes, text or a data frame."""
        return Artifact(run_id(run), check_artifact_path(path), self)

    @abstractmethod
    def _iterate(self, stream: AsyncGenerator[T]) -> Iterator[T]: ...
