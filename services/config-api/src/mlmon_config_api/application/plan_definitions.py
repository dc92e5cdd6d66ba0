"""Say what saving a definition would concern."""

from collections.abc import Sequence
from datetime import datetime

from mlmon_config_api.application.ports import Catalog
from mlmon_config_api.application.rollouts import find_canary_clients
from mlmon_config_api.domain.plans import plan_definition
from mlmon_config_api.domain.references import Surroundings
from mlmon_shared.wire.catalog import ApplyResult, Client
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import NAMES_SHOWN, DefinitionPlan
from mlmon_shared.wire.rollouts import Canary


async def plan_saving(
    catalog: Catalog,
    definition: JobDefinition,
    result: ApplyResult,
    *,
    stored: JobDefinition | None,
    canary: Canary | None,
    surroundings: Surroundings,
    clients: Sequence[Client],
    now: datetime,
) -> DefinitionPlan:
    """Return what saving a definition would concern.

    Args:
        catalog: What is stored.
        definition: As it would be saved.
        result: What saving it would do.
        stored: The current version.
        canary: The one that would begin, or is in progress.
        surroundings: What there would be beside the definition.
        clients: All that there would be.
        now: Slots after this moment.
    """
    pinned = sorted(await catalog.rollouts.list_pinned(definition.name))
    tried = (
        find_canary_clients(definition.name, canary, pinned, clients) if canary is not None else []
    )
    plan = plan_definition(
        definition,
        surroundings,
        clients,
        paused=await catalog.paused_schedules.list_all(),
        now=now,
    )
    # Of what clients of a canary use, no schedule is ever read.
    is_replaced = result.change != "unchanged" and result.canary is None
    has_none = stored is not None and stored.schedule is not None and definition.schedule is None
    return plan.model_copy(
        update={
            "pinned_clients": len(pinned),
            "pinned_names": pinned[:NAMES_SHOWN],
            "canary_clients": len(tried),
            "canary_names": tried[:NAMES_SHOWN],
            "removes_schedule": is_replaced and has_none,
        }
    )
