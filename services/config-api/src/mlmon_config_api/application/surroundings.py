"""Look around in the catalog for what a definition may name."""

from mlmon_config_api.application.ports import Catalog
from mlmon_config_api.domain.references import Surroundings


async def look_around(catalog: Catalog) -> Surroundings:
    """Return what a definition may name."""
    return Surroundings(
        pools=await catalog.pools.list_all(),
        resources=await catalog.resources.list_all(),
        definitions={
            found.name: found.definition for found in await catalog.definitions.list_current()
        },
        secrets=[each.as_sealed() for each in await catalog.secrets.list_all()],
        archived=await catalog.definitions.list_archived(),
    )
