"""What a definition names: pools, resources, upstream jobs, and the artifacts of those."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from mlmon_shared.jobs.faults import Fault, join_words, pointer_to
from mlmon_shared.wire.catalog import NamedResource, Pool
from mlmon_shared.wire.job_definitions import DependencyScope, Input, JobDefinition
from mlmon_shared.wire.outputs import OutputKind
from mlmon_shared.wire.secrets import SealedSecret
from mlmon_shared.wire.validation import unknown


@dataclass(frozen=True)
class Surroundings:
    """What there is already, or is saved together with it, and a definition may therefore name.

    Attributes:
        pools: All of them.
        resources: All that are named.
        definitions: The current version of every job that is not archived, by name.
        archived: Names of the archived jobs.
        secrets: All of them, unreadable.
        half_read: Jobs of the same request whose outputs are wrong, and not known therefore.
    """

    pools: Sequence[Pool]
    resources: Sequence[NamedResource]
    definitions: Mapping[str, JobDefinition]
    archived: Collection[str] = ()
    secrets: Sequence[SealedSecret] = ()
    half_read: Collection[str] = ()


def find_pool_faults(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
    """Return the pools that do not exist; all pass while none is stored."""
    known = [pool.name for pool in surroundings.pools]
    return [
        Fault(pointer_to("pools", position), unknown("pool", name, known))
        for position, name in enumerate(definition.pools)
        if known and name not in known
    ]


def find_named_resource_faults(
    definition: JobDefinition, surroundings: Surroundings
) -> list[Fault]:
    """Return the named resources that do not exist, and those with too little capacity."""
    capacities = {resource.name: resource.capacity for resource in surroundings.resources}
    faults = []
    for name, amount in definition.concurrency.resources.items():
        pointer = pointer_to("concurrency", "resources", name)
        if name not in capacities:
            faults.append(Fault(pointer, unknown("resource", name, list(capacities))))
        elif amount > capacities[name]:
            detail = f"takes {amount}; the capacity of {name} is {capacities[name]}"
            faults.append(Fault(pointer, detail))
    return faults


def find_dependency_faults(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
    """Return upstream jobs that do not exist, stand twice, or close a cycle."""
    faults = []
    known = list(surroundings.definitions)
    seen: set[str] = set()
    for position, dependency in enumerate(definition.depends_on):
        pointer = pointer_to("depends_on", position, "job")
        if dependency.job in seen:
            faults.append(Fault(pointer, f'"{dependency.job}" stands twice'))
        elif dependency.job in surroundings.archived:
            faults.append(Fault(pointer, explain_archived(dependency.job)))
        elif dependency.job not in surroundings.definitions:
            faults.append(Fault(pointer, unknown("job", dependency.job, known)))
        elif path := _find_path(dependency.job, definition.name, surroundings.definitions):
            cycle = " → ".join([definition.name, *path])
            faults.append(Fault(pointer, f"the dependencies form a cycle: {cycle}"))
        seen.add(dependency.job)
    return faults


def find_input_faults(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
    """Return inputs whose artifact nobody makes, or whose target does not fit it."""
    jobs = {**surroundings.definitions, definition.name: definition}
    fan_ins = {
        dependency.job
        for dependency in definition.depends_on
        if dependency.scope is DependencyScope.BATCH
    }
    faults = []
    targets: set[str] = set()
    for position, wanted in enumerate(definition.inputs):
        pointer = pointer_to("inputs", position, "from")
        if not wanted.is_artifact:
            pass
        elif wanted.job in surroundings.archived:
            faults.append(Fault(pointer, explain_archived(wanted.job)))
        elif wanted.job not in surroundings.half_read:
            faults += _source_faults(pointer, wanted, jobs)
        target = pointer_to("inputs", position, "to")
        if wanted.is_artifact and (wanted.job in fan_ins) != wanted.target.endswith("/"):
            faults.append(Fault(target, _slash_rule(wanted)))
        elif wanted.target in targets and not wanted.target.endswith("/"):
            faults.append(Fault(target, f'"{wanted.target}" stands twice'))
        targets.add(wanted.target)
    return faults + _folder_faults(definition)


def _folder_faults(definition: JobDefinition) -> list[Fault]:
    """Return inputs that would be a file and a folder with others in it."""
    files = {wanted.target for wanted in definition.inputs if not wanted.target.endswith("/")}
    faults = []
    for position, wanted in enumerate(definition.inputs):
        parts = wanted.target.rstrip("/").split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        if wanted.target.endswith("/"):
            above.add(wanted.target.rstrip("/"))
        for taken in sorted(above & files):
            detail = f'"{taken}" is a file of another input, and no folder'
            faults.append(Fault(pointer_to("inputs", position, "to"), detail))
    return faults


def find_orphaned_inputs(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
    """Return what other jobs take of this one that it does not make any more.

    It keeps nobody from saving: whoever renames an artifact changes one job after the other.
    """
    outputs = _artifacts_of(definition)
    return [
        Fault(
            pointer_to("outputs"),
            f'the job "{name}" takes the output "{wanted.path}", which is not made any more: '
            f"its runs will fail for want of it; change {name} as well",
        )
        for name, other in sorted(surroundings.definitions.items())
        for wanted in other.inputs
        if name != definition.name
        and wanted.is_artifact
        and wanted.job == definition.name
        and wanted.path not in outputs
    ]


def find_dependants(job: str, definitions: Mapping[str, JobDefinition]) -> list[str]:
    """Return the other jobs that depend on this one or take its artifacts, by name."""
    return sorted(
        name
        for name, definition in definitions.items()
        if name != job and job in upstream_of(definition)
    )


def upstream_of(definition: JobDefinition) -> set[str]:
    """Return the jobs that a definition depends on or takes artifacts of."""
    return {dependency.job for dependency in definition.depends_on} | {
        wanted.job for wanted in definition.inputs if wanted.is_artifact
    }


def in_order_of_dependencies(definitions: Mapping[str, JobDefinition]) -> list[str]:
    """Return the jobs so that each comes after those it depends on or takes artifacts of.

    Where some do so in a circle, all keep their order.
    """
    needs = {name: upstream_of(each) & definitions.keys() for name, each in definitions.items()}
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError:
        return list(definitions)


def explain_archived(job: str) -> str:
    """Return why nothing may name the job, and what to do."""
    return f'the job "{job}" is archived; restore it first (mlmon jobs restore {job})'


def _source_faults(pointer: str, wanted: Input, jobs: Mapping[str, JobDefinition]) -> list[Fault]:
    if wanted.job not in jobs:
        return [Fault(pointer, unknown("job", wanted.job, list(jobs)))]
    outputs = _artifacts_of(jobs[wanted.job])
    if wanted.path in outputs:
        return []
    has = f"its outputs are {join_words(outputs)}" if outputs else "it declares no outputs"
    if not outputs and jobs[wanted.job].outputs:
        has += " but checkpoints"
    return [Fault(pointer, f'the job "{wanted.job}" has no output "{wanted.path}"; {has}')]


def _artifacts_of(definition: JobDefinition) -> list[str]:
    return [
        output.path for output in definition.outputs if output.kind is not OutputKind.CHECKPOINT
    ]


def _slash_rule(wanted: Input) -> str:
    if wanted.target.endswith("/"):
        return (
            f'"{wanted.job}" is no dependency with scope: batch, so this is one file; '
            'leave the "/" at the end out'
        )
    return (
        f'"{wanted.job}" is a dependency with scope: batch, so there is a file per run of it; '
        f'name a folder: "{wanted.target}/"'
    )


def _find_path(start: str, end: str, definitions: Mapping[str, JobDefinition]) -> list[str]:
    """Return the jobs from start to end along dependencies; empty when there is no way."""
    came_from: dict[str, str | None] = {start: None}
    waiting = [start]
    while waiting:
        job = waiting.pop()
        if job == end:
            path = [job]
            while (before := came_from[path[-1]]) is not None:
                path.append(before)
            return path[::-1]
        definition = definitions.get(job)
        for dependency in definition.depends_on if definition is not None else []:
            if dependency.job not in came_from:
                came_from[dependency.job] = job
                waiting.append(dependency.job)
    return []
