"""Entity tags: which version a caller has read, and what it asks for when it changes it."""

import re
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Depends, Header, Response

from mlmon_config_api.application.preconditions import Precondition
from mlmon_shared.errors import InvalidRequestError

_TAG: Final = re.compile(r'\s*((?:W/)?"[^"]*")\s*(?:,|$)')

IfMatchHeader = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="`ETag` of what you have read: refuse if it has changed. `*`: if it is gone.",
    ),
]
IfNoneMatchHeader = Annotated[
    str | None, Header(max_length=1000, description="`*`: refuse if it is there already.")
]


class Tagged(Protocol):
    """An answer that says its entity tag."""

    @property
    def etag(self) -> str | None:
        """The tag; None for what is not there."""
        ...


TaggedT = TypeVar("TaggedT", bound=Tagged)


def tag_answer(response: Response, answer: TaggedT) -> TaggedT:
    """Return the answer, once its entity tag is in the header as well."""
    if answer.etag is not None:
        response.headers["ETag"] = answer.etag
    return answer


def read_precondition(
    if_match: IfMatchHeader = None, if_none_match: IfNoneMatchHeader = None
) -> Precondition:
    """Return what the headers ask for.

    Raises:
        InvalidRequestError: A header is malformed.
    """
    if if_none_match not in (None, "*"):
        raise InvalidRequestError.at("", "header If-None-Match: only * is understood here")
    is_there = if_match is not None and if_match.strip() == "*"
    return Precondition(
        etags=_read_tags(if_match) if if_match is not None and not is_there else None,
        is_new=if_none_match is not None,
        is_there=is_there,
    )


def _read_tags(header: str) -> frozenset[str]:
    tags, place = set(), 0
    while place < len(header):
        match = _TAG.match(header, place)
        if match is None:
            detail = 'header If-Match: write the ETag with its quotes, such as "0123abcd"'
            raise InvalidRequestError.at("", detail)
        tags.add(match[1])
        place = match.end()
    return frozenset(tags)


PreconditionDep = Annotated[Precondition, Depends(read_precondition)]
