"""Shapes: what a run asks of a host, exactly, and on a grid that has few cells."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

_SHAPE: Final = re.compile(r"^c(\d+)m(\d+)g(\d+)d(\d+)(x?)((?:@.+)?)$")
_GRID_STEP: Final = 1.5
_ANY_POOL: Final = "*"


def shape_of(definition: JobDefinition) -> str:
    """Return the shape of a job's runs: amounts, `x` for a host of its own, required labels."""
    resources = definition.resources
    return _shape(Vector.of(resources), resources.exclusive, definition.requires.labels)


def _shape(vector: Vector, is_exclusive: bool, labels: Mapping[str, str]) -> str:  # noqa: FBT001 - both are parts of a shape
    wanted = ",".join(_label(name, value) for name, value in sorted(labels.items()))
    return (
        f"c{vector.cpu_milli}m{vector.memory}g{vector.gpus}d{vector.disk}"
        f"{'x' if is_exclusive else ''}{'@' + wanted if wanted else ''}"
    )


def reshape(shape: str, resources: Resources) -> str:
    """Return the shape with other amounts; the labels that it requires stay."""
    labels = ",".join(labels_of(shape))
    return _shape(Vector.of(resources), resources.exclusive, {}) + (f"@{labels}" if labels else "")


@lru_cache(maxsize=4096)
def cell_of(shape: str) -> str:
    """Return the cell of the grid that a shape lies in, by the cell's lower bound.

    Amounts are rounded down to 1, 1.5, 2, 3, 4, 6, 8, … (cores, bytes; GPUs are whole), so
    that many different shapes have few cells, and a host with less than the lower bound
    free has no room for any run of the cell.

    Raises:
        ValueError: It is not a shape.
    """
    match = _SHAPE.match(shape)
    if match is None:
        message = f"{shape} is not a shape"
        raise ValueError(message)
    cpu_milli, memory, gpus, disk = (int(part) for part in match.groups()[:4])
    return (
        f"c{_round_down(cpu_milli, unit=1000)}m{_round_down(memory)}g{gpus}"
        f"d{_round_down(disk)}{match[5]}{match[6]}"
    )


def vector_of(shape: str) -> Vector:
    """Return the amounts of a shape.

    Raises:
        ValueError: It is not a shape.
    """
    match = _SHAPE.match(shape)
    if match is None:
        message = f"{shape} is not a shape"
        raise ValueError(message)
    cpu_milli, memory, gpus, disk = (int(part) for part in match.groups()[:4])
    return Vector(cpu_milli=cpu_milli, memory=memory, gpus=gpus, disk=disk)


def is_exclusive(shape: str) -> bool:
    """Tell whether a shape asks for a host of its own."""
    match = _SHAPE.match(shape)
    return match is not None and match[5] == "x"


def labels_of(shape: str) -> list[str]:
    """Return the labels that a shape requires, as `offered_labels` writes them."""
    _, _, labels = shape.partition("@")
    return labels.split(",") if labels else []


def offered_labels(own: Mapping[str, str], pool: Mapping[str, str]) -> str:
    """Return an agent's labels so that the store finds a required one in them.

    Args:
        own: What the agent says of itself.
        pool: Of its pool; these hold where both have one.
    """
    labels = {**own, **pool}
    return "".join(f",{_label(name, value)}," for name, value in sorted(labels.items()))


def share_of(resources: Resources, pools: Sequence[Pool]) -> float:
    """Return the largest fraction, of any resource, of the largest hosts that there are.

    A run on a host of its own takes all of it. This is the dominant share of Ghodsi et al.,
    "Dominant Resource Fairness" (2011), by hosts instead of the whole fleet, whose size
    changes.

    Returns:
        0 to 1.
    """
    if resources.exclusive:
        return 1.0
    asked, largest = Vector.of(resources), [Vector.of(pool.resources) for pool in pools]
    fractions = [
        getattr(asked, name) / most
        for name in ("cpu_milli", "memory", "gpus", "disk")
        if (most := max((getattr(host, name) for host in largest), default=0)) > 0
    ]
    return min(1.0, max(fractions, default=1.0))


def _label(name: str, value: str) -> str:
    return f"{quote(name, safe='')}:{quote(value, safe='')}"


def _round_down(amount: int, unit: int = 1) -> int:
    """Return the largest of unit x {1, 1.5} x 2^k, k any integer, that is not above the amount."""
    if amount == 0:
        return 0
    power = float(unit)
    while 2 * power <= amount:
        power *= 2
    while power > amount:
        power /= 2
    rounded = math.floor(power * _GRID_STEP)
    return rounded if rounded <= amount else math.floor(power)


def class_of(pools: Sequence[str], *, is_ordered: bool = True) -> str:
    """Return the class of a run: its pools in order of preference, or `*` for any that there is.

    Pools of which none is preferred have a comma before the first one.
    """
    before = "" if is_ordered or len(pools) == 1 else ","
    return before + ",".join(pools) if pools else _ANY_POOL


def pools_of(of_class: str) -> list[str] | None:
    """Return the pools of a class; None for any that there is."""
    return None if of_class == _ANY_POOL else of_class.removeprefix(",").split(",")


def preferred_pool(of_class: str) -> str | None:
    """Return the pool that runs of a class go to first; None where all are alike."""
    first, comma, _ = of_class.partition(",")
    return first if first and comma else None


def explain_misfit(resources: Resources, pools: Sequence[Pool]) -> str | None:
    """Say why the resources fit no host of these pools, naming the nearest fit.

    Returns:
        None when they fit; otherwise one sentence.
    """
    needed = Vector.of(resources)
    if any(needed.fits_into(Vector.of(pool.resources)) for pool in pools):
        return None
    if not pools:
        return "there is no pool yet; create one with PUT /v1/pools/<name>"
    nearest = min(pools, key=lambda pool: len(_lacks(resources, pool)))
    return f"no host is large enough; the nearest is pool {nearest.name}, which " + " and ".join(
        _lacks(resources, nearest)
    )


def _lacks(resources: Resources, pool: Pool) -> list[str]:
    has = pool.resources
    checks = (
        (resources.cpu > has.cpu, f"has {has.cpu:g} cores where {resources.cpu:g} are asked for"),
        (
            resources.memory > has.memory,
            f"has {_gib(has.memory)} of memory where {_gib(resources.memory)} are asked for",
        ),
        (resources.gpus > has.gpus, f"has {has.gpus} GPUs where {resources.gpus} are asked for"),
        (
            resources.disk > has.disk,
            f"has {_gib(has.disk)} of disk where {_gib(resources.disk)} are asked for",
        ),
    )
    return [sentence for is_short, sentence in checks if is_short]


def _gib(size: int) -> str:
    return f"{size / 2**30:.4g} GiB"
