"""Query parameters and cursors of lists."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Path, Query
from pydantic import ValidationError

from mlmon_config_api.application.ports import PageRequest
from mlmon_shared.cursors import decode_cursor, encode_cursor, malformed_cursor
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.rollouts import CanaryRequest

LIMIT: Final = 200
MAXIMUM_VERSION: Final = 2**31 - 1
_LABELS: Final = 20
ItemT = TypeVar("ItemT")

CursorQuery = Annotated[
    str | None, Query(max_length=400, description="`next_cursor` of the page before.")
]
LimitQuery = Annotated[int, Query(ge=1, le=LIMIT, description="Items on a page, at most.")]
PrefixQuery = Annotated[
    str,
    Query(max_length=100, pattern=r"^[A-Za-z0-9._-]*$", description="Only names that begin so."),
]
LabelQuery = Annotated[
    list[str],
    Query(max_length=_LABELS, description="Only those with this label, `key:value`; repeatable."),
]
DryRunQuery = Annotated[bool, Query(description="Say what would change, and change nothing.")]
NamePath = Annotated[Name, Path()]
VersionPath = Annotated[int, Path(ge=1, le=MAXIMUM_VERSION)]
WithVersionQuery = Annotated[
    int,
    Query(alias="with", ge=1, le=MAXIMUM_VERSION, description="The version to compare with."),
]


def decode_number_cursor(cursor: str | None, *, most: int) -> int | None:
    """Return the number that a cursor of a list ordered by numbers stands for.

    Args:
        cursor: As it was sent.
        most: The largest that the store takes.
    """
    if cursor is None:
        return None
    key = decode_cursor(cursor)
    if not (key.isascii() and key.isdecimal() and int(key) <= most):
        raise malformed_cursor()
    return int(key)


def read_page(
    cursor: CursorQuery = None, limit: LimitQuery = 50, name: PrefixQuery = ""
) -> PageRequest:
    """Return what the query asks of a list; one item more than it shows.

    The item beyond the page tells whether there is a next one; see `cut_page`.
    """
    after = decode_cursor(cursor) if cursor is not None else None
    return PageRequest(limit=limit + 1, after=after, prefix=name)


def read_canary(percent: float | None, clients: str | None) -> CanaryRequest | None:
    """Return the canary that the query asks for, None when it asks for none.

    Raises:
        InvalidRequestError: It names too many clients, or one that can be no client's name.
    """
    if percent is None and clients is None:
        return None
    names = [name for name in (clients or "").split(",") if name]
    try:
        return CanaryRequest(percent=percent or 0.0, clients=names)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise InvalidRequestError.at("", f"query canary_clients: {reason}") from error


PageDep = Annotated[PageRequest, Depends(read_page)]


def read_labels(label: LabelQuery = []) -> dict[str, str]:  # noqa: B006 - FastAPI copies defaults
    """Return the labels that the query asks for."""
    found: dict[str, str] = {}
    for text in label:
        key, colon, value = text.partition(":")
        if not colon or not key or "\0" in text:
            detail = f'query label: write key:value (given: "{text[:80]}")'
            raise InvalidRequestError.at("", detail)
        found[key] = value
    return found


LabelsDep = Annotated[dict[str, str], Depends(read_labels)]


def cut_page(
    found: Sequence[ItemT], limit: int, key: Callable[[ItemT], str]
) -> tuple[list[ItemT], str | None]:
    """Return the items to show and the next page's cursor.

    Args:
        found: Up to `limit` items, the last of which only says that there are more.
        limit: As it was asked of the store.
        key: What the list is ordered by.
    """
    items = list(found[: limit - 1])
    has_more = len(found) == limit
    return items, encode_cursor(key(items[-1])) if has_more else None
