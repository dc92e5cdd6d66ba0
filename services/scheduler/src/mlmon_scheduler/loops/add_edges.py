"""Add the edges of runs that have more than one call carries."""

import json
from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.stored import EDGES_A_CALL
from mlmon_scheduler.application.submissions import edges_of

_ENDED: Final = -1


class AddEdges:
    """Adds the edges of the oldest unsealed run; a crash or another replica does no harm."""

    name = "add_edges"
    period_seconds = 1.0

    def __init__(self, store: RunStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Seal one run; True while there may be more."""
        unsealed = await self._store.list_unsealed(1)
        if not unsealed:
            return False
        run = await self._store.find_run(unsealed[0])
        fields = run.fields if run is not None else {}
        edges = edges_of(json.loads(fields.get("depends_on") or "[]"))
        added = int(fields.get("edges_added") or 0)
        is_last = False
        while not is_last and added != _ENDED:
            end = added + EDGES_A_CALL
            is_last = end >= len(edges)
            added = await self._store.add_edges(
                unsealed[0], added, edges[added:end], is_last=is_last
            )
        return True
