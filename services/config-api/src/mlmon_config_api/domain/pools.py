"""What in a pool contradicts itself."""

from collections.abc import Iterator

from mlmon_shared.jobs.admissions import amounts_of, show_amount
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.catalog import Pool


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
