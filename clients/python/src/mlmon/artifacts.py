"""Writing a published file so that it is either there and right, or not there at all."""

import hashlib
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter

from mlmon.errors import CorruptDownloadError, InvalidRequestError
from mlmon_shared.wire.names import RelativePath
from mlmon_shared.wire.runs import ArtifactDocument

_RELATIVE_PATH: TypeAdapter[str] = TypeAdapter(RelativePath)


def check_artifact_path(path: str) -> str:
    """Return the path when it stays inside a folder.

    Raises:
        InvalidRequestError: It is absolute, climbs out with `..`, or has control characters.
    """
    try:
        return _RELATIVE_PATH.validate_python(path)
    except ValueError as error:
        raise InvalidRequestError(
            f"{path!r} is no artifact's path: it must be relative and stay inside its folder"
        ) from error


def target_of(path: str, to: str | Path | None) -> Path:
    """Return the file that an artifact is written to.

    Args:
        path: The artifact's, checked.
        to: A file; or a folder that exists, which gets the artifact under its own path; or
            None for the artifact's file name in the current folder.
    """
    if to is None:
        return Path(Path(path).name)
    return Path(to) / path if Path(to).is_dir() else Path(to)


def check_digest(sha256: str, artifact: ArtifactDocument) -> None:
    """Do nothing when this is the artifact's SHA-256, in hexadecimal.

    Raises:
        CorruptDownloadError: It is not.
    """
    if sha256 != artifact.sha256.lower():
        raise CorruptDownloadError(
            f"{artifact.path} arrived damaged: its SHA-256 is not the one that the run "
            "published; nothing was kept, try again"
        )


class VerifiedFile:
    """A file that appears under its name only once its content was found right.

    Use it as a context manager: leaving it without an exception verifies the size and
    the SHA-256, then renames; otherwise nothing is left behind.

    Args:
        target: Replaced if it exists; its folders are made.
        artifact: What the content should be.
    """

    def __init__(self, target: Path, artifact: ArtifactDocument) -> None:
        self._target = target
        self._artifact = artifact
        self._partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        """Open the partial file beside the target."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("xb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Verify and rename, or remove."""
        self._file.close()
        try:
            if kind is None:
                check_digest(self._digest.hexdigest(), self._artifact)
                self._partial.replace(self._target)
        finally:
            self._partial.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        """Append to the content."""
        self._file.write(piece)
        self._digest.update(piece)
