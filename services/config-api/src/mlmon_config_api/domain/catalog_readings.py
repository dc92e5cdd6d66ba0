"""Read things that are to be saved together, and find all that is wrong with them at once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from mlmon_config_api.domain.definitions import find_faults
from mlmon_config_api.domain.pools import (
    LARGEST_HOST,
    find_contradictions,
    find_contradictions_beside,
)
from mlmon_config_api.domain.readings import Reading, read_definition
from mlmon_config_api.domain.references import Surroundings
from mlmon_shared.errors import ForbiddenError, InvalidRequestError
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.principals import Principal
from mlmon_shared.wire.catalog import Client, NamedResource, Pool
from mlmon_shared.wire.catalog_changes import CatalogLists
from mlmon_shared.wire.states import Scope
from mlmon_shared.wire.validation import validate

EntryT = TypeVar("EntryT", Client, Pool, NamedResource)

_ANY_POOL: Final = {"resources": LARGEST_HOST}
_ANY_RESOURCE: Final = {"capacity": 1_000_000_000}
"""What a thing is taken for that cannot be read, so that nothing untrue is said because of it."""
_NAMING: Final = {
    "pools": {"pools", "resources"},
    "resources": {"concurrency"},
}
"""Fields of definitions that name what stands in a list."""
_NAMING_JOBS: Final = frozenset({"depends_on", "inputs"})
"""Those that name other jobs."""


@dataclass
class _Entries(Generic[EntryT]):
    """What could be read of a list.

    Attributes:
        placeholders: For those that are wrong, and whose name is known.
        has_unnamed: There are wrong ones whose name is not known.
    """

    read: list[EntryT] = field(default_factory=list)
    placeholders: list[EntryT] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    has_unnamed: bool = False


@dataclass(frozen=True)
class CatalogReading:
    """Things that are to be saved together, as far as they could be read.

    Attributes:
        definitions: Each with its place in the request.
        archive: Names of jobs.
        faults: Found so far, in the things themselves.
        placeholders: Stand for pools and resources that are wrong.
        unreadable: Fields of definitions whose check would mislead.
        unnamed: Places of definitions whose name is not known.
    """

    pools: Sequence[Pool]
    resources: Sequence[NamedResource]
    clients: Sequence[Client]
    definitions: Sequence[tuple[int, Reading]]
    archive: Sequence[str]
    faults: Sequence[Fault]
    placeholders: tuple[Sequence[Pool], Sequence[NamedResource]] = ((), ())
    unreadable: frozenset[str] = frozenset()
    unnamed: frozenset[int] = frozenset()

    def added_to(self, stored: Surroundings) -> Surroundings:
        """Return what there would be once everything is saved; jobs to archive still are."""
        pools, resources = self.placeholders
        made = {each.definition.name: each for _, each in self.definitions if each.has_name}
        return replace(
            stored,
            pools=merge_entries(stored.pools, [*pools, *self.pools]),
            resources=merge_entries(stored.resources, [*resources, *self.resources]),
            definitions={
                **stored.definitions,
                **{name: reading.definition for name, reading in made.items()},
            },
            # What is archived and stands here has a fault of its own.
            archived=[name for name in stored.archived if name not in made],
            half_read={name for name, each in made.items() if each.is_unreadable("outputs")},
        )

    def find_faults(self, surroundings: Surroundings) -> list[Fault]:
        """Return all that is wrong, by `added_to`'s surroundings, in the order of the lists."""
        found = list(self.faults)
        for place, reading in self.definitions:
            found += [
                _below("job_definitions", place, fault)
                for fault in find_faults(reading, surroundings, vague=self._vague_at(place))
            ]
        return found

    def _vague_at(self, place: int) -> frozenset[str]:
        """Return the fields of a definition that may name something whose name is not known."""
        # No job names itself.
        names_unknown = bool(self.unnamed - {place})
        return self.unreadable | _NAMING_JOBS if names_unknown else self.unreadable


def read_catalog(data: object) -> CatalogReading:
    """Return the things that the data holds.

    Raises:
        InvalidRequestError: Nothing can be made of it.
    """
    lists = validate(CatalogLists, data)
    pools = _read_entries(
        Pool,
        "pools",
        lists.pools,
        _ANY_POOL,
        check=find_contradictions,
        check_beside=find_contradictions_beside,
    )
    resources = _read_entries(NamedResource, "resources", lists.resources, _ANY_RESOURCE)
    clients = _read_entries(Client, "clients", lists.clients, {})
    definitions, faults, unnamed = _read_definitions(lists.job_definitions)
    vague = {"pools": pools.has_unnamed, "resources": resources.has_unnamed}
    made = {each.definition.name for _, each in definitions if each.has_name}
    return CatalogReading(
        pools=pools.read,
        resources=resources.read,
        clients=clients.read,
        definitions=definitions,
        archive=lists.archive,
        faults=[
            *pools.faults,
            *resources.faults,
            *clients.faults,
            *faults,
            *_archive_faults(lists.archive, made),
        ],
        placeholders=(pools.placeholders, resources.placeholders),
        unreadable=frozenset().union(*(_NAMING[name] for name, is_so in vague.items() if is_so)),
        unnamed=unnamed,
    )


def check_scopes(reading: CatalogReading, principal: Principal) -> None:
    """Check that somebody may save all of this.

    Raises:
        ForbiddenError: They may not; with what they lack.
    """
    wanted = {
        "pools": (Scope.OPERATOR, reading.pools),
        "resources": (Scope.OPERATOR, reading.resources),
        "clients": (Scope.OPERATOR, reading.clients),
        "job definitions": (Scope.AUTHOR, [*reading.definitions, *reading.archive]),
    }
    refused = [
        f"{what} ask for the scope {scope}"
        for what, (scope, given) in wanted.items()
        if given and scope not in principal.scopes
    ]
    if refused:
        raise ForbiddenError(f'"{principal.name}" may not save all of this: {"; ".join(refused)}')


def _read_entries(
    model: type[EntryT],
    name: str,
    items: Sequence[Any],
    anything: dict[str, Any],
    *,
    check: Callable[[EntryT], Sequence[Fault]] = lambda _: (),
    check_beside: Callable[[object, Sequence[Fault]], Sequence[Fault]] = lambda *_: (),
) -> _Entries[EntryT]:
    found = _Entries[EntryT]()
    seen: set[str] = set()
    for place, item in enumerate(items):
        at = pointer_to(name, place)
        try:
            entry = validate(model, item)
        except InvalidRequestError as error:
            faults = _faults_of(error)
            faults += check_beside(item, faults)
            found.faults += _all_below(at, faults)
            named = item.get("name") if isinstance(item, dict) else None
            try:
                found.placeholders.append(validate(model, {"name": named, **anything}))
            except InvalidRequestError:
                found.has_unnamed = True
            continue
        if entry.name in seen:
            found.faults.append(_repeated(at, entry.name))
        seen.add(entry.name)
        found.faults += _all_below(at, check(entry))
        found.read.append(entry)
    return found


def _read_definitions(
    items: Sequence[Any],
) -> tuple[list[tuple[int, Reading]], list[Fault], frozenset[int]]:
    readings: list[tuple[int, Reading]] = []
    faults: list[Fault] = []
    unnamed: set[int] = set()
    seen: set[str] = set()
    for place, item in enumerate(items):
        try:
            reading = read_definition(item)
        except InvalidRequestError as error:
            faults += [_below("job_definitions", place, fault) for fault in _faults_of(error)]
            unnamed.add(place)
            continue
        readings.append((place, reading))
        if not reading.has_name:
            unnamed.add(place)
            continue
        if reading.definition.name in seen:
            at = pointer_to("job_definitions", place)
            faults.append(_repeated(at, reading.definition.name))
        seen.add(reading.definition.name)
    return readings, faults, frozenset(unnamed)


def _archive_faults(names: Sequence[str], made: Collection[str]) -> list[Fault]:
    return [
        Fault(pointer_to("archive", place), f'"{name}" stands among the job definitions too')
        for place, name in enumerate(names)
        if name in made
    ]


def merge_entries(stored: Sequence[EntryT], given: Sequence[EntryT]) -> list[EntryT]:
    """Return what there is once the given ones are saved, by name."""
    merged: dict[str, EntryT] = {}
    for entries in (stored, given):
        merged |= {entry.name: entry for entry in entries}
    return [merged[name] for name in sorted(merged)]


def _repeated(at: str, name: str) -> Fault:
    return Fault(f"{at}/name", f'"{name}" stands twice')


def _all_below(at: str, faults: Sequence[Fault]) -> list[Fault]:
    return [Fault(f"{at}{fault.pointer}", fault.detail) for fault in faults]


def _below(name: str, place: int, fault: Fault) -> Fault:
    return Fault(pointer_to(name, place) + fault.pointer, fault.detail)


def _faults_of(error: InvalidRequestError) -> list[Fault]:
    return [Fault(each["pointer"], each["detail"]) for each in error.errors]
