"""Shapes: what a run asks of a host, as the name of the band that it queues in."""

import re
from collections.abc import Sequence
from typing import Final

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources

_BAND: Final = re.compile(r"^c(\d+)m(\d+)g(\d+)d(\d+)$")
ANY_POOL: Final = "*"


def band_of(vector: Vector) -> str:
    """Return the band of a resource vector; every run in a band has the same shape."""
    return f"c{vector.cpu_milli}m{vector.memory}g{vector.gpus}d{vector.disk}"


def vector_of(band: str) -> Vector:
    """Return the resource vector of a band.

    Raises:
        ValueError: It is not the name of a band.
    """
    match = _BAND.match(band)
    if match is None:
        message = f"{band} is not a band"
        raise ValueError(message)
    cpu_milli, memory, gpus, disk = (int(part) for part in match.groups())
    return Vector(cpu_milli=cpu_milli, memory=memory, gpus=gpus, disk=disk)


def class_of(pools: Sequence[str]) -> str:
    """Return the class of a run: its pools in order of preference, or `*` for any."""
    return ",".join(pools) or ANY_POOL


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
