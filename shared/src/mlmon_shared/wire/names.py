"""The syntax of names that people choose."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

NAME_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$"
"""Letters, digits, `.`, `_` and `-`, 1 to 100 of them, a letter or digit at both ends."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

LABELS_LIMIT: Final = 64
_PATH_BYTES: Final = 500
_NAME_BYTES: Final = 255
"""Of a file on Linux, in UTF-8."""


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > LABELS_LIMIT:
        raise PydanticCustomError("labels", "at most {limit} labels", {"limit": LABELS_LIMIT})
    return labels


LabelValue = Annotated[str, StringConstraints(max_length=200)]
Labels = Annotated[dict[Name, LabelValue], AfterValidator(_check_labels)]


def check_relative_path(path: str) -> str:
    """Return the path when it stays inside its folder.

    Raises:
        PydanticCustomError: It is empty, absolute, too long for a file system or a store, or
            climbs out with `..`.
    """
    parts = path.split("/")
    if (
        not path
        or path.startswith("/")
        or any(part in {"..", "."} for part in parts)
        or any(part == "" for part in parts[:-1])
        or any(_is_odd(character) for character in path)
        or len(path.encode()) > _PATH_BYTES
        or any(len(part.encode()) > _NAME_BYTES for part in parts)
    ):
        raise PydanticCustomError(
            "relative_path",
            "a path is relative, has no '..', no control character, at most {path} bytes and at "
            "most {name} between two slashes",
            {"path": _PATH_BYTES, "name": _NAME_BYTES},
        )
    return path


def _is_odd(character: str) -> bool:
    """Tell whether a character is a backslash, a control character or half of one."""
    return character == "\\" or unicodedata.category(character) in {"Cc", "Cs"}


RelativePath = Annotated[str, AfterValidator(check_relative_path)]
