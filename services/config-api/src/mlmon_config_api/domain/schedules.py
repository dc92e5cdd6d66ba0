"""What is wrong with a definition's schedule, and which clients it selects."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlmon_shared.jobs.faults import Fault
from mlmon_shared.slots import explain_cron
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import DependencyScope, JobDefinition
from mlmon_shared.wire.joins import JoinKind
from mlmon_shared.wire.schedules import ClientSelector, Overlap

_WAITING: frozenset[Overlap] = frozenset({Overlap.QUEUE_ONE, Overlap.CANCEL_RUNNING})


def find_schedule_faults(definition: JobDefinition) -> list[Fault]:
    """Return what keeps a schedule from starting runs."""
    schedule = definition.schedule
    if schedule is None:
        return []
    faults = []
    if (detail := explain_cron(schedule.cron)) is not None:
        faults.append(Fault("/schedule/cron", detail))
    if schedule.overlap in _WAITING and definition.join is not JoinKind.ALL:
        detail = (
            f'"{schedule.overlap}" makes a run wait for the one before, in addition to its other '
            "dependencies; that needs join: all"
        )
        faults.append(Fault("/schedule/overlap", detail))
    if any(each.scope is DependencyScope.BATCH for each in definition.depends_on):
        detail = (
            "a job that waits for a whole batch (scope: batch) runs in batches that people "
            "submit; it cannot have a schedule"
        )
        faults.append(Fault("/schedule", detail))
    faults += [
        Fault("/schedule", f'the parameter "{name}" is required and has no default')
        for name in _required_without_default(definition.parameters)
    ]
    return faults


def _required_without_default(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield names of parameters; what is wrong with the schema itself is told elsewhere."""
    required, properties = schema.get("required"), schema.get("properties")
    if not isinstance(required, list):
        return
    known = properties if isinstance(properties, dict) else {}
    for name in required:
        if not isinstance(name, str):
            continue
        declared = known.get(name)
        if not isinstance(declared, dict) or "default" not in declared:
            yield name


def select_clients(selector: ClientSelector, clients: Iterable[Client]) -> list[Client]:
    """Return the clients that are selected, in their order."""
    return [client for client in clients if selector.selects(client.name, client.labels)]


def count_selected(selector: ClientSelector, clients: Iterable[Client]) -> int:
    """Return how many clients are selected."""
    return len(select_clients(selector, clients))
