"""What differs between two documents, as people read it."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlmon_shared.yaml_documents import dump_document

_LINES_COMPARED: Final = 4000
"""Comparing line by line is quadratic at worst; longer documents are shown whole."""


def diff_data(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    *,
    old_title: str,
    new_title: str,
) -> str:
    """Return the unified diff of canonical documents as YAML; empty when nothing changed."""
    before, after = _lines(old), _lines(new)
    if before == after:
        return ""
    if len(before) + len(after) > _LINES_COMPARED:
        changed = [f"-{line}" for line in before] + [f"+{line}" for line in after]
        hunk = f"@@ -1,{len(before)} +1,{len(after)} @@"
        return "\n".join([f"--- {old_title}", f"+++ {new_title}", hunk, *changed, ""])
    lines = difflib.unified_diff(before, after, old_title, new_title, lineterm="")
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class Difference:
    """One place at which two documents differ.

    Attributes:
        pointer: JSON pointer of the place; empty for the whole document.
        before: What is there in the old one; None also for nothing.
        after: The same of the new one.
    """

    pointer: str
    before: Any
    after: Any


def list_differences(old: object, new: object) -> list[Difference]:
    """Return the places at which two documents differ, in the order in which they stand there.

    Lists of unlike lengths differ as a whole: which item went is anybody's guess.
    """
    return list(_find_differences(old, new, ""))


def _find_differences(old: Any, new: Any, pointer: str) -> Iterator[Difference]:  # noqa: ANN401 - JSON of any kind
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            place = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key in old and key in new:
                yield from _find_differences(old[key], new[key], place)
            else:
                yield Difference(place, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _find_differences(one, other, f"{pointer}/{number}")
    # Python takes True for 1, and a document does not.
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield Difference(pointer, old, new)


def _lines(document: Mapping[str, Any] | None) -> list[str]:
    return dump_document(dict(document)).splitlines() if document is not None else []
