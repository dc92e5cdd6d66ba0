"""What saving a definition would concern."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from mlmon_config_api.domain.fitting import explain_lack, explain_limits
from mlmon_config_api.domain.references import Surroundings, find_dependants
from mlmon_config_api.domain.schedules import select_clients
from mlmon_shared.jobs.costs import cost_of
from mlmon_shared.slots import preview_slots
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import NAMES_SHOWN, DefinitionPlan, DependantSchedule, PoolFit
from mlmon_shared.wire.schedules import FIRINGS_SHOWN

_HOUR: Final = 3600.0


def plan_definition(
    definition: JobDefinition,
    surroundings: Surroundings,
    clients: Sequence[Client],
    *,
    paused: Collection[str],
    now: datetime,
) -> DefinitionPlan:
    """Return where the job would fit, when it would run, and which others it concerns.

    Args:
        definition: As it would be saved.
        surroundings: What there would be beside it.
        clients: All that there would be, by name.
        paused: Jobs whose schedules are paused.
        now: Slots after this moment.
    """
    known = {pool.name: pool for pool in surroundings.pools}
    allowed = [known[name] for name in definition.pools or known if name in known]
    lacks = {pool.name: explain_lack(definition, pool, clients) for pool in allowed}
    fitting = [pool for pool in allowed if lacks[pool.name] is None]
    dependants = find_dependants(definition.name, surroundings.definitions)
    return DefinitionPlan(
        cost_per_hour=cost_of(definition.resources, fitting, _HOUR),
        pools=[
            PoolFit(
                pool=pool.name,
                fits=(lack := lacks[pool.name]) is None,
                detail=explain_limits(definition, pool, clients) if lack is None else lack,
            )
            for pool in allowed
        ],
        dependants=dependants,
        dependant_schedules=_schedules_of(dependants, surroundings.definitions, paused),
        **_plan_schedule(definition, clients, now),
    )


def _schedules_of(
    jobs: Sequence[str], definitions: Mapping[str, JobDefinition], paused: Collection[str]
) -> list[DependantSchedule]:
    return [
        DependantSchedule(
            job=job, cron=schedule.cron, timezone=schedule.timezone, is_paused=job in paused
        )
        for job in jobs
        if (schedule := definitions[job].schedule) is not None
    ]


def _plan_schedule(
    definition: JobDefinition, clients: Sequence[Client], now: datetime
) -> dict[str, Any]:
    schedule = definition.schedule
    if schedule is None:
        return {}
    selected = [client.name for client in select_clients(schedule.clients, clients)]
    return {
        "next_slots": preview_slots(schedule.cron, schedule.timezone, now, FIRINGS_SHOWN),
        "scheduled_clients": len(selected),
        "scheduled_names": selected[:NAMES_SHOWN],
    }
