"""What saving clients, pools or named resources changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic

from mlmon_config_api.application.ports import Entries, EntryT
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.documents import (
    canonical_document,
    diff_documents,
    is_same_document,
)
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.plans import DefinitionWarning


@dataclass(frozen=True)
class EntryChanges(Generic[EntryT]):
    """What saving some entries changes.

    Attributes:
        results: Of each entry; the config revision is not known here.
        changed: What is stored of those that differ, and what is to be.
    """

    kind: Kind
    results: Sequence[ApplyResult]
    changed: Sequence[tuple[EntryT | None, EntryT]]

    def with_warnings(
        self, warnings: Mapping[str, list[DefinitionWarning]]
    ) -> "EntryChanges[EntryT]":
        """Return the changes with what surprises in the entries, by name."""
        results = [
            each.model_copy(update={"warnings": warnings.get(each.name, [])})
            for each in self.results
        ]
        return replace(self, results=results)

    async def write(self, entries: Entries[EntryT], *, by: str, now: datetime) -> list[Change]:
        """Store those that differ; return the changes, to be recorded."""
        if not self.changed:
            return []
        await entries.save([after for _, after in self.changed], now=now, by=by)
        return [
            Change(
                self.kind,
                after.name,
                canonical_document(before) if before is not None else None,
                canonical_document(after),
                by=by,
                at=now,
            )
            for before, after in self.changed
        ]


def compare_entries(
    kind: Kind, stored: Sequence[EntryT], given: Sequence[EntryT], *, with_diffs: bool = True
) -> EntryChanges[EntryT]:
    """Return what saving the given entries changes.

    Args:
        kind: What they are.
        stored: Those that are there.
        given: Those to save; their names differ.
        with_diffs: Say what differs, which takes a millisecond each.
    """
    known = {entry.name: entry for entry in stored}
    results: list[ApplyResult] = []
    changed: list[tuple[EntryT | None, EntryT]] = []
    for entry in given:
        before = known.get(entry.name)
        if before is not None and is_same_document(before, entry):
            results.append(
                ApplyResult(kind=kind, name=entry.name, change="unchanged", config_revision=0)
            )
            continue
        changed.append((before, entry))
        title = f"{kind} {entry.name}"
        results.append(
            ApplyResult(
                kind=kind,
                name=entry.name,
                change="created" if before is None else "changed",
                diff=diff_documents(
                    before,
                    entry,
                    old_title="nothing" if before is None else f"{title} (stored)",
                    new_title=title,
                )
                if with_diffs
                else "",
                config_revision=0,
            )
        )
    return EntryChanges(kind, results, changed)
