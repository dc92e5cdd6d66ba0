"""Names of images, and the short marks by which agents say which ones they have."""

import hashlib
from typing import Annotated, Final

from pydantic import Field

MARKS_LIMIT: Final = 64
"""Most marks in one poll: of more images, those that were used last."""
MARK_LENGTH: Final = 12

ImageMark = Annotated[str, Field(pattern=f"^[0-9a-f]{{{MARK_LENGTH}}}$")]
"""The beginning of a name's SHA-1, in hexadecimal: what Redis can calculate by itself."""

ImageName = Annotated[str, Field(max_length=1000)]
"""What an attempt ran, as `AttemptDocument.image` has it."""


def image_mark(name: str) -> str:
    """Return the mark of an image's name, taken as it is written.

    Two names of one image have two marks; two images may have one mark, which costs a pull.
    """
    digest = hashlib.sha1(name.encode(), usedforsecurity=False)
    return digest.hexdigest()[:MARK_LENGTH]


def without_tag(name: str) -> str:
    """Return the repository of `<repository>[:<tag>][@<digest>]`."""
    repository, _, _ = name.partition("@")
    # A colon before the last slash is that of the registry's port.
    path, colon, tag = repository.rpartition(":")
    return path if colon and "/" not in tag else repository
