"""What in a pool contradicts itself."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.jobs.admissions import amounts_of, show_amount
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.validation import summarise, validate

LARGEST_HOST: Final = {"cpu": 1024, "memory": 2**53, "gpus": 64, "disk": 2**53}
"""What a host is taken for that cannot be read, so that nothing untrue is said because of it."""


def read_pool(data: object) -> Pool:
    """Return the pool that the data holds.

    Raises:
        InvalidRequestError: With every fault: of fields, and what contradicts itself.
    """
    faults: list[Fault] = []
    try:
        pool = validate(Pool, data)
    except InvalidRequestError as error:
        faults += [Fault(each["pointer"], each["detail"]) for each in error.errors]
        faults += find_contradictions_beside(data, faults)
    else:
        faults += find_contradictions(pool)
        if not faults:
            return pool
    documents = [fault.as_document() for fault in faults]
    raise InvalidRequestError(summarise(documents), errors=documents)


def find_contradictions_beside(data: object, faults: Sequence[Fault]) -> list[Fault]:
    """Return what contradicts itself beside faults, for which some places cannot be read."""
    if not isinstance(data, dict):
        return []
    unreadable = [fault.pointer for fault in faults]
    rest: dict[str, Any] = {**data, "name": "pool"}
    for pointer in unreadable:
        _leave_out(rest, [_unescape(part) for part in pointer.split("/")[1:]])
    try:
        found = find_contradictions(validate(Pool, rest))
    except InvalidRequestError:
        return []
    return [each for each in found if not _is_of(each.pointer, unreadable)]


def _leave_out(rest: dict[str, Any], path: list[str]) -> None:
    if path[:1] == ["resources"]:
        rest["resources"] = LARGEST_HOST
        return
    owner: Any = rest
    for part, further in pairwise([*path, ""]):
        place: Any = int(part) if isinstance(owner, list) else part
        inner = owner[place] if isinstance(owner, list) else owner.get(place)
        if isinstance(inner, dict) and further:
            owner[place] = {**inner}
        elif _is_list_of_objects(inner) and further:
            owner[place] = [*inner]
        elif isinstance(owner, dict):
            owner.pop(place, None)
            return
        else:
            return
        owner = owner[place]


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _is_of(pointer: str, unreadable: Collection[str]) -> bool:
    places = [f"{each}/" for each in unreadable]
    return any(f"{pointer}/".startswith(each) or each.startswith(f"{pointer}/") for each in places)


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def find_contradictions(pool: Pool) -> list[Fault]:
    """Return what would let a pool take nothing, or less than it says."""
    return [*_bounds(pool), *_shapes(pool), *_hosts(pool)]


def _bounds(pool: Pool) -> Iterator[Fault]:
    most = amounts_of(pool.takes.at_most)
    for name, least in amounts_of(pool.takes.at_least).items():
        pointer = pointer_to("takes", "at_least", name)
        if least > getattr(pool.resources, name):
            yield Fault(pointer, f"no run fits: {_host(pool, name)}")
        elif name in most and least > most[name]:
            yield Fault(pointer, f"no run fits: at_most is {show_amount(name, most[name])}")


def _shapes(pool: Pool) -> Iterator[Fault]:
    least = amounts_of(pool.takes.at_least)
    for position, shape in enumerate(pool.takes.shapes):
        amounts = amounts_of(shape)
        if not amounts:
            pointer = pointer_to("takes", "shapes", position)
            yield Fault(pointer, "any run is within it; name an amount, or leave the shape out")
        for name, amount in amounts.items():
            pointer = pointer_to("takes", "shapes", position, name)
            if amount > getattr(pool.resources, name):
                yield Fault(pointer, f"larger than a host: {_host(pool, name)}")
            elif amount < least.get(name, 0):
                detail = f"no run fits: at_least is {show_amount(name, least[name])}"
                yield Fault(pointer, detail)


def _hosts(pool: Pool) -> Iterator[Fault]:
    scaling = pool.scaling
    if scaling.max_hosts is not None and scaling.min_hosts > scaling.max_hosts:
        yield Fault("/scaling/min_hosts", f"more than max_hosts, which is {scaling.max_hosts}")


def _host(pool: Pool, name: str) -> str:
    return f"the largest host has {show_amount(name, getattr(pool.resources, name))}"
