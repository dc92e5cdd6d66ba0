"""A published file that knows the `AsyncClient` it comes from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlmon.frames import pandas_frame, polars_frame

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from mlmon.outputs import Outputs


@dataclass(frozen=True)
class AsyncArtifact:
    """A file that a run published, or will; it is fetched when it is read.

    Every method raises NotFoundError if the run published no such file, and
    CorruptDownloadError if what came is not what it published.

    Attributes:
        run: Id of the run.
        path: As the definition's `outputs` names it.
    """

    run: str
    path: str
    _client: "Outputs" = field(repr=False, compare=False)

    async def download(self, to: str | Path | None = None) -> Path:
        """Write it to a file; see `AsyncClient.download_artifact`."""
        return await self._client.download_artifact(self.run, self.path, to=to)

    async def read_bytes(self) -> bytes:
        """Return its content."""
        return await self._client.read_artifact(self.run, self.path)

    async def read_text(self, encoding: str = "utf-8") -> str:
        """Return its content as text."""
        return (await self.read_bytes()).decode(encoding)

    async def read_pandas(self, **options: Any) -> "pd.DataFrame":  # noqa: ANN401 - those of pandas
        """Return a .csv, .parquet, .json or .jsonl file as a pandas data frame.

        Args:
            **options: Of `pandas.read_csv` and its like.

        Raises:
            InvalidRequestError: Its name ends in something else.
            MissingPackageError: pandas is not installed.
        """
        return pandas_frame(self.path, await self.read_bytes(), options)

    async def read_polars(self, **options: Any) -> "pl.DataFrame":  # noqa: ANN401 - those of polars
        """Return a .csv, .parquet, .json or .jsonl file as a polars data frame.

        Args:
            **options: Of `polars.read_csv` and its like.

        Raises:
            InvalidRequestError: Its name ends in something else.
            MissingPackageError: polars is not installed.
        """
        return polars_frame(self.path, await self.read_bytes(), options)
