"""What is allowed in a pool, and may surprise."""

from collections.abc import Collection, Sequence
from typing import Final

from mlmon_config_api.domain.references import explain_archived
from mlmon_config_api.domain.schedules import select_clients
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.catalog import Client, Pool
from mlmon_shared.wire.validation import unknown

_SHOWN: Final = 10
"""Of the names in one list: a pool may name 10,000 clients."""


def find_pool_warnings(
    pool: Pool, *, jobs: Collection[str], archived: Collection[str], clients: Sequence[Client]
) -> list[Fault]:
    """Return the jobs and clients that a pool takes and that are not there.

    They may come later, so none of it keeps the pool from being saved.

    Args:
        pool: The one that is saved.
        jobs: Names of those that are not archived.
        archived: Names of the archived ones.
        clients: All that there are.
    """
    return [*_job_warnings(pool, jobs, archived), *_client_warnings(pool, clients)]


def _job_warnings(pool: Pool, jobs: Collection[str], archived: Collection[str]) -> list[Fault]:
    known, gone = sorted(jobs), set(archived)
    found = set(known)
    missing = [each for each in enumerate(pool.takes.jobs) if each[1] not in found]
    at = pointer_to("takes", "jobs")
    return [
        Fault(
            f"{at}/{position}",
            explain_archived(name) if name in gone else unknown("job", name, known),
        )
        for position, name in missing[:_SHOWN]
    ] + _rest(at, missing)


def _client_warnings(pool: Pool, clients: Sequence[Client]) -> list[Fault]:
    selector = pool.takes.clients
    if selector is None:
        return []
    known = [client.name for client in clients]
    if selector.labels and not select_clients(selector, clients):
        return [Fault(pointer_to("takes", "clients", "labels"), "no client has these labels")]
    found = set(known)
    missing = [each for each in enumerate(selector.names) if each[1] not in found]
    at = pointer_to("takes", "clients", "names")
    return [
        Fault(f"{at}/{position}", unknown("client", name, known))
        for position, name in missing[:_SHOWN]
    ] + _rest(at, missing)


def _rest(at: str, missing: Sequence[object]) -> list[Fault]:
    more = len(missing) - _SHOWN
    return [Fault(at, f"{more} more of these names are unknown")] if more > 0 else []
