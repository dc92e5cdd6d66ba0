"""Reading published files into data frames, by what their names end in."""

import io
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from mlmon.errors import InvalidRequestError, MissingPackageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_KINDS: Final = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "lines",
    ".ndjson": "lines",
}


def pandas_frame(path: str, content: bytes, options: dict[str, Any]) -> "pd.DataFrame":
    """Return a file as a pandas data frame; see `AsyncArtifact.read_pandas`."""
    kind = _kind_of(path)
    try:
        import pandas as pd  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingPackageError.of("pandas") from error
    source = io.BytesIO(content)
    match kind:
        case "csv":
            frame: pd.DataFrame = pd.read_csv(source, **options)
        case "parquet":
            frame = pd.read_parquet(source, **options)
        case "json":
            frame = pd.read_json(source, **options)
        case _:
            frame = pd.read_json(source, lines=True, **options)
    return frame


def polars_frame(path: str, content: bytes, options: dict[str, Any]) -> "pl.DataFrame":
    """Return a file as a polars data frame; see `AsyncArtifact.read_polars`."""
    kind = _kind_of(path)
    try:
        import polars as pl  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingPackageError.of("polars") from error
    source = io.BytesIO(content)
    match kind:
        case "csv":
            return pl.read_csv(source, **options)
        case "parquet":
            return pl.read_parquet(source, **options)
        case "json":
            return pl.read_json(source, **options)
        case _:
            return pl.read_ndjson(source, **options)


def _kind_of(path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _KINDS:
        raise InvalidRequestError(
            f"{path} is no table by its name, which ends in none of {', '.join(_KINDS)}; "
            "read_bytes() returns it as it is"
        )
    return _KINDS[suffix]
