"""Clients, pools and named resources as a copy has them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, NoReturn, TypeVar

from mlmon_config_api.application.ports import EntryT, PageRequest
from mlmon_shared.errors import StoreUnavailableError

ItemT = TypeVar("ItemT")
RETRY_AFTER_SECONDS = 2


def refuse() -> NoReturn:
    """Refuse what a copy does not hold, or would change.

    Raises:
        StoreUnavailableError: Always.
    """
    raise StoreUnavailableError(
        "PostgreSQL does not answer, and this is not in the copy of the current configuration; "
        "nothing was changed, try again in a moment",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )


def cut(
    items: Iterable[ItemT],
    page: PageRequest,
    name_of: Callable[[ItemT], str],
    labels_of: Callable[[ItemT], Mapping[str, str]] = lambda _: {},
) -> list[ItemT]:
    """Return the part of a list that is asked for, by name."""
    found = [
        item
        for item in items
        if name_of(item).startswith(page.prefix)
        and (page.after is None or name_of(item) > page.after)
        and (page.names is None or name_of(item) in page.names)
        and page.labels.items() <= labels_of(item).items()
    ]
    return sorted(found, key=name_of)[: page.limit]


class CopiedEntries(Generic[EntryT]):
    """Implements `Entries`, for reading.

    Args:
        entries: By name.
    """

    def __init__(self, entries: Mapping[str, EntryT]) -> None:
        self._entries: Mapping[str, EntryT] = entries

    async def find(self, name: str) -> EntryT | None:
        """Return the one of this name."""
        found: EntryT | None = self._entries.get(name)
        return found

    async def list_page(self, page: PageRequest) -> Sequence[EntryT]:
        """Return some, by name."""
        return cut(
            self._entries.values(),
            page,
            lambda entry: entry.name,
            lambda entry: getattr(entry, "labels", {}),
        )

    async def list_all(self) -> Sequence[EntryT]:
        """Return all, by name."""
        return [entry for _, entry in sorted(self._entries.items())]

    async def save(
        self,
        entries: Sequence[EntryT],  # noqa: ARG002 - the port's signature
        *,
        now: datetime,  # noqa: ARG002
        by: str,  # noqa: ARG002
    ) -> None:
        """Refuse to."""
        refuse()
