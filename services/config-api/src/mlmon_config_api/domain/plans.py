"""What saving a definition would concern."""

from typing import Final

from mlmon_config_api.domain.fitting import explain_lack
from mlmon_config_api.domain.references import Surroundings, find_dependants
from mlmon_shared.jobs.costs import cost_of
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import DefinitionPlan, PoolFit

_HOUR: Final = 3600.0


def plan_definition(definition: JobDefinition, surroundings: Surroundings) -> DefinitionPlan:
    """Return where the job would fit, and which others it concerns."""
    known = {pool.name: pool for pool in surroundings.pools}
    allowed = [known[name] for name in definition.pools or known if name in known]
    lacks = {pool.name: explain_lack(definition, pool) for pool in allowed}
    fitting = [pool for pool in allowed if lacks[pool.name] is None]
    return DefinitionPlan(
        cost_per_hour=cost_of(definition.resources, fitting, _HOUR),
        pools=[
            PoolFit(pool=name, fits=lack is None, detail=lack or "") for name, lack in lacks.items()
        ],
        dependants=find_dependants(definition.name, surroundings.definitions),
    )
