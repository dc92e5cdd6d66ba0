"""Whether a definition's resources fit on any host that it may run on."""

from collections.abc import Collection, Sequence
from typing import Final

from mlmon_config_api.domain.references import Surroundings
from mlmon_config_api.domain.schedules import select_clients
from mlmon_shared.jobs.admissions import explain_absence, explain_refusal, takes_client
from mlmon_shared.jobs.faults import Fault, join_words
from mlmon_shared.wire.catalog import Client, Pool
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

_UNITS: Final = (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
_COUNTED: Final = {"cpu": ("core", "cores"), "gpus": ("GPU", "GPUs")}
_SIZED: Final = {"memory": "memory", "disk": "disk"}
_AMOUNTS: Final = ("cpu", "memory", "gpus", "disk")


def find_resource_faults(
    definition: JobDefinition, surroundings: Surroundings, *, unread: Collection[str] = ()
) -> list[Fault]:
    """Return a fault at /resources when no allowed pool has a host large enough.

    The fault names the pool that comes nearest. A definition whose pools are all unknown
    has another fault already.

    Args:
        definition: With the least amount of each resource that could not be read.
        surroundings: With the pools.
        unread: Those resources; a pool that takes large runs only may take it nevertheless.
    """
    allowed = [
        pool for pool in surroundings.pools if not definition.pools or pool.name in definition.pools
    ]
    needed = definition.resources
    if not allowed:
        return []
    fitting = [pool for pool in allowed if not _lacking(needed, pool.resources)]
    refusals = [explain_refusal(pool, definition, unread=unread) for pool in fitting]
    if None in refusals:
        return []
    if fitting:
        return [Fault("/resources", "; ".join(str(refusal) for refusal in refusals))]
    nearest = min(allowed, key=lambda pool: _distance(needed, pool))
    lacking = _lacking(needed, nearest.resources)
    return [Fault("/resources", _explain(lacking, needed, nearest))]


def explain_lack(definition: JobDefinition, pool: Pool, clients: Sequence[Client]) -> str | None:
    """Return why no run of a job can be in a pool, None when one can.

    Args:
        definition: Of the job.
        pool: One that the job may run in.
        clients: All that there are. The job's are those that its schedule selects, or all.
    """
    lacking = _lacking(definition.resources, pool.resources)
    if lacking:
        return _explain(lacking, definition.resources, pool)
    if (refusal := explain_refusal(pool, definition)) is not None:
        return refusal
    if (absence := explain_absence(pool)) is not None:
        return absence
    wanted, whose = _clients_of(definition, clients)
    # Without any client there is nothing to judge by: whom it is for may still come.
    if not wanted or any(takes_client(pool, client) for client in wanted):
        return None
    return f"pool {pool.name} takes none of the clients {whose}; see its takes.clients"


def explain_limits(definition: JobDefinition, pool: Pool, clients: Sequence[Client]) -> str:
    """Return for whom runs of a job can be in a pool that it fits; empty for all.

    Args:
        definition: Of the job.
        pool: One in which `explain_lack` finds nothing lacking.
        clients: See `explain_lack`.
    """
    wanted, whose = _clients_of(definition, clients)
    taken = sum(takes_client(pool, client) for client in wanted)
    return f"takes {taken} of the {len(wanted)} clients {whose}" if taken < len(wanted) else ""


def _clients_of(
    definition: JobDefinition, clients: Sequence[Client]
) -> tuple[Sequence[Client], str]:
    schedule = definition.schedule
    if schedule is None:
        return clients, "that there are"
    return select_clients(schedule.clients, clients), "that the schedule selects"


def _explain(lacking: Sequence[str], needed: Resources, pool: Pool) -> str:
    needs = join_words([_amount(name, needed) for name in lacking])
    has = join_words([_amount(name, pool.resources, is_short=True) for name in lacking])
    return f"needs {needs}; the largest host of pool {pool.name} has {has}"


def _lacking(needed: Resources, offered: Resources) -> list[str]:
    return [name for name in _AMOUNTS if getattr(needed, name) > getattr(offered, name)]


def _distance(needed: Resources, pool: Pool) -> tuple[int, float, str]:
    lacking = _lacking(needed, pool.resources)
    worst = max(getattr(needed, name) / (getattr(pool.resources, name) or 1e-9) for name in lacking)
    return len(lacking), worst, pool.name


def _amount(name: str, resources: Resources, *, is_short: bool = False) -> str:
    value = getattr(resources, name)
    words = _COUNTED.get(name)
    if words is None:
        return _size(value) if is_short else f"{_size(value)} of {_SIZED[name]}"
    return f"{value:g}" if is_short else f"{value:g} {words[value != 1]}"


def _size(number: int) -> str:
    for unit, factor in _UNITS:
        if number >= factor and number % factor == 0:
            return f"{number // factor}{unit}"
    return f"{number} bytes"
