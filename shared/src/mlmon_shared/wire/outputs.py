"""What an attempt leaves in its output folder, as a definition declares it."""

from enum import StrEnum
from typing import Final

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel
from mlmon_shared.wire.names import RelativePath

CHECKPOINT_FOLDER: Final = "checkpoint"
"""Under the input folder, where an attempt finds what earlier ones left for it."""


class OutputKind(StrEnum):
    """What becomes of an output.

    `metrics` files are JSON objects whose numbers become the run's metrics. A `checkpoint` is not
    published: of an attempt that does not succeed it is kept, and given to the run's next one.
    """

    FILE = "file"
    METRICS = "metrics"
    CHECKPOINT = "checkpoint"


class Output(StrictModel):
    """A file in the output folder; unless it is a checkpoint, a success must have left it."""

    path: RelativePath
    kind: OutputKind = OutputKind.FILE

    @field_validator("path")
    @classmethod
    def _check_path(cls, path: str) -> str:
        if path.split("/", maxsplit=1)[0] == ".mlmon":
            raise PydanticCustomError(
                "output", ".mlmon is where MLMon keeps logs; name another folder", {}
            )
        return path
