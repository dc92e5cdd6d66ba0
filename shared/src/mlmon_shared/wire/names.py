"""The syntax of names that people choose."""

from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

NAME_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$"
"""Letters, digits, `.`, `_` and `-`, 1 to 100 of them, a letter or digit at both ends."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

LABELS_LIMIT: Final = 64


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > LABELS_LIMIT:
        raise PydanticCustomError("labels", "at most {limit} labels", {"limit": LABELS_LIMIT})
    return labels


LabelValue = Annotated[str, StringConstraints(max_length=200)]
Labels = Annotated[dict[Name, LabelValue], AfterValidator(_check_labels)]


def check_relative_path(path: str) -> str:
    """Return the path when it stays inside its folder.

    Raises:
        PydanticCustomError: It is empty, absolute, too long, or climbs out with `..`.
    """
    parts = path.split("/")
    if (
        not path
        or len(path) > 500  # noqa: PLR2004 - the limit is stated in the message
        or path.startswith("/")
        or any(part in {"..", "."} for part in parts)
        or any(part == "" for part in parts[:-1])
        or any(ord(character) < 32 or character == "\\" for character in path)  # noqa: PLR2004
    ):
        raise PydanticCustomError(
            "relative_path",
            "a path is relative, has no '..', no control character and at most 500 characters",
            {},
        )
    return path


RelativePath = Annotated[str, AfterValidator(check_relative_path)]
