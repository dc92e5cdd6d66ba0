"""Refuse to save things together once somebody has changed one of them since it was planned."""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from typing import Final

from mlmon_config_api.application.ports import AuditQuery, Catalog
from mlmon_config_api.application.preconditions import (
    CHANGES_READ,
    CHANGES_SHOWN,
    Precondition,
    show_change,
)
from mlmon_config_api.domain.plan_states import PlanState
from mlmon_shared.errors import PreconditionFailedError
from mlmon_shared.wire.catalog import AuditEvent

_PLAN_TAG: Final = re.compile(r'"([0-9]{1,18})\.[0-9a-f]+"')
_PAGES: Final = 5
"""Of changes that are looked through for those of a plan's things."""


def plan_tag(states: Sequence[PlanState], revision: int) -> str:
    """Return a strong entity tag of what is stored of all things that a request names.

    The config revision stands before the point, so that what was changed since can be told; what
    stands behind it alone says whether anything was.

    Args:
        states: Of each thing, in any order.
        revision: At which they were read.
    """
    content = json.dumps(sorted(states, key=lambda each: each[:2]), sort_keys=True).encode()
    return f'"{revision}.{hashlib.sha256(content).hexdigest()[:32]}"'


async def check_plan(catalog: Catalog, wanted: Precondition, states: Sequence[PlanState]) -> None:
    """Check that the things are as they were when the caller planned.

    Args:
        catalog: Where they are stored.
        wanted: Tags that `plan_tag` made, one of which is to be theirs.
        states: What is stored of each thing that the request names.

    Raises:
        PreconditionFailedError: A thing is another one by now; with what was changed since.
    """
    if wanted.etags is None:
        return
    now = plan_tag(states, await catalog.get_revision())
    if _digest_of(now) in {_digest_of(tag) for tag in wanted.etags}:
        return
    names = {(str(each.kind), each.name) for each in states}
    changes = await _changes_since(catalog, _oldest_revision(wanted.etags), names)
    if not changes:
        raise PreconditionFailedError(
            "something of this is another one than when it was planned; plan it again", etag=now
        )
    last = changes[0]
    count = len({(event.kind, event.name) for event in changes})
    others = f", and {count - 1} more of these things were changed" if count > 1 else ""
    raise PreconditionFailedError(
        f'{last.by} has changed the {last.kind} "{last.name}" at {last.at:%Y-%m-%d %H:%M:%SZ}'
        f"{others}; plan it again",
        etag=now,
        changed_by=last.by,
        changed_at=last.at.isoformat(),
        changes=[
            show_change(event, event.before, event.after).model_dump(mode="json")
            for event in changes[:CHANGES_SHOWN]
        ],
        more_changes=max(0, len(changes) - CHANGES_SHOWN),
    )


async def _changes_since(
    catalog: Catalog, revision: int | None, names: Collection[tuple[str, str]]
) -> list[AuditEvent]:
    """Return changes of these things after a revision, the newest first."""
    if revision is None:
        return []
    found: list[AuditEvent] = []
    before: int | None = None
    for _ in range(_PAGES):
        page = await catalog.audit.list_page(AuditQuery(limit=CHANGES_READ, before=before))
        newer = [event for event in page if event.revision > revision]
        found += [event for event in newer if (event.kind, event.name) in names]
        if len(newer) < CHANGES_READ:
            break
        before = newer[-1].revision
    return found


def _digest_of(tag: str) -> str:
    return tag.strip('"').rpartition(".")[2]


def _oldest_revision(tags: frozenset[str]) -> int | None:
    """Return the revision at which the caller planned; None if no tag is one of a plan."""
    found = [_PLAN_TAG.fullmatch(tag) for tag in tags]
    return min((int(match[1]) for match in found if match), default=None)
