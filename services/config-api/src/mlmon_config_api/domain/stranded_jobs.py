"""Stored jobs that no new run could be made of once a pool or a named resource is changed."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from mlmon_config_api.domain.fitting import find_resource_faults
from mlmon_config_api.domain.references import Surroundings, find_named_resource_faults
from mlmon_shared.jobs.faults import Fault, join_words, pointer_to
from mlmon_shared.wire.catalog import NamedResource, Pool
from mlmon_shared.wire.job_definitions import JobDefinition

_SHOWN: Final = 10
"""Of the jobs of one pool or resource."""


def find_stranded_by_pool(
    pool: Pool, before: Surroundings, after: Surroundings, *, but: Collection[str] = ()
) -> list[Fault]:
    """Return the jobs that fitted a pool, and fit none once this one is changed.

    They may be changed next, so none of it keeps the pool from being saved.

    Args:
        pool: The one that is saved.
        before: What is stored.
        after: What there would be.
        but: Jobs that are saved or archived along with it.
    """

    def faults_of(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
        if definition.pools and pool.name not in definition.pools:
            return []
        return find_resource_faults(definition, surroundings)

    return _find_stranded(faults_of, before, after, but, pointer_to("resources"))


def find_stranded_by_resource(
    resource: NamedResource, before: Surroundings, after: Surroundings, *, but: Collection[str] = ()
) -> list[Fault]:
    """Return the jobs that take more of a named resource than there is once it is changed.

    Args:
        resource: The one that is saved.
        before: See `find_stranded_by_pool`.
        after: See there.
        but: See there.
    """

    def faults_of(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
        if resource.name not in definition.concurrency.resources:
            return []
        return find_named_resource_faults(definition, surroundings)

    return _find_stranded(faults_of, before, after, but, pointer_to("capacity"))


def _find_stranded(
    faults_of: Callable[[JobDefinition, Surroundings], list[Fault]],
    before: Surroundings,
    after: Surroundings,
    but: Collection[str],
    pointer: str,
) -> list[Fault]:
    found = [
        (name, faults[0].detail)
        for name, definition in sorted(before.definitions.items())
        if name not in but
        and (faults := faults_of(definition, after))
        and not faults_of(definition, before)
    ]
    shown = [
        Fault(pointer, f"the job {name} could have no new runs any more: {detail}")
        for name, detail in found[:_SHOWN]
    ]
    return shown + _rest(pointer, [name for name, _ in found[_SHOWN:]])


def _rest(pointer: str, names: Sequence[str]) -> list[Fault]:
    if not names:
        return []
    named = join_words([*names[:_SHOWN], *(["others"] if len(names) > _SHOWN else [])])
    return [Fault(pointer, f"nor could {len(names)} more jobs: {named}")]
