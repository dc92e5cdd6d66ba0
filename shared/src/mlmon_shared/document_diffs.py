"""What differs between two documents, as people read it."""

import difflib
from collections.abc import Mapping
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


def _lines(document: Mapping[str, Any] | None) -> list[str]:
    return dump_document(dict(document)).splitlines() if document is not None else []
