"""What is wrong with a document, and where."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, at a JSON pointer of what the user sent."""

    pointer: str
    detail: str

    @property
    def field(self) -> str:
        """The top-level field that the fault is in; empty for the document as a whole."""
        return self.pointer.removeprefix("/").split("/", 1)[0]

    def as_document(self) -> dict[str, str]:
        """Return the fault as problems carry it."""
        return {"pointer": self.pointer, "detail": self.detail}


def pointer_to(*parts: str | int) -> str:
    """Return the JSON pointer that goes along these parts."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def join_words(words: Sequence[str]) -> str:
    """Return "a, b and c"."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
