"""What saving a definition would concern."""

from mlmon_config_api.domain.fitting import explain_lack
from mlmon_config_api.domain.references import Surroundings, find_dependants
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import DefinitionPlan, PoolFit


def plan_definition(definition: JobDefinition, surroundings: Surroundings) -> DefinitionPlan:
    """Return where the job would fit, and which others it concerns."""
    known = {pool.name: pool for pool in surroundings.pools}
    allowed = [known[name] for name in definition.pools or known if name in known]
    lacks = {pool.name: explain_lack(definition.resources, pool) for pool in allowed}
    return DefinitionPlan(
        pools=[
            PoolFit(pool=name, fits=lack is None, detail=lack or "") for name, lack in lacks.items()
        ],
        dependants=find_dependants(definition.name, surroundings.definitions),
    )
