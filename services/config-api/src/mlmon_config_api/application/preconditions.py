"""Refuse a change of what somebody else has changed meanwhile."""

from dataclasses import dataclass

from pydantic import BaseModel

from mlmon_config_api.application.ports import Catalog
from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import etag_of
from mlmon_shared.document_diffs import diff_data
from mlmon_shared.errors import PreconditionFailedError


@dataclass(frozen=True)
class Precondition:
    """What a caller takes the thing that it changes for.

    Attributes:
        etags: One of these is its entity tag; None when the caller does not say.
        is_new: It is not there yet.
    """

    etags: frozenset[str] | None = None
    is_new: bool = False


ANYTHING = Precondition()
"""The caller does not mind what is there."""


async def check_precondition(
    catalog: Catalog, wanted: Precondition, kind: Kind, name: str, current: BaseModel | None
) -> None:
    """Check what is stored against what the caller takes it for.

    Raises:
        PreconditionFailedError: It is something else; with who changed it last, when, and how.
    """
    if wanted.is_new and current is not None:
        raise PreconditionFailedError(
            f'the {kind} "{name}" is there already; leave If-None-Match out to change it',
            etag=etag_of(current),
        )
    if wanted.etags is None or (current is not None and etag_of(current) in wanted.etags):
        return
    if current is None:
        raise PreconditionFailedError(f'there is no {kind} "{name}" to change; leave If-Match out')
    last = await catalog.audit.find_last(kind, name)
    if last is None:
        # It was stored before there was an audit.
        raise PreconditionFailedError(
            f'the {kind} "{name}" is another one than you have read; read it again',
            etag=etag_of(current),
        )
    raise PreconditionFailedError(
        f'{last.by} has changed the {kind} "{name}" at {last.at:%Y-%m-%d %H:%M:%SZ}; read it again',
        etag=etag_of(current),
        changed_by=last.by,
        changed_at=last.at.isoformat(),
        diff=diff_data(last.before, last.after, old_title="before", new_title=f"by {last.by}"),
    )
