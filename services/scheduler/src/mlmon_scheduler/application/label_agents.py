"""Let agents offer the labels of their pools."""

import json
from collections.abc import Callable, Mapping, Sequence

from mlmon_scheduler.application.ports import LeaseStore
from mlmon_scheduler.domain.shapes import offered_labels
from mlmon_shared.wire.catalog import Pool


class AgentLabeller:
    """Tells agents that are registered already when the labels of their pool change.

    Args:
        leases: Has the agents.
        pools: Returns the newest pools.
    """

    def __init__(self, leases: LeaseStore, pools: Callable[[], Sequence[Pool]]) -> None:
        self._leases = leases
        self._pools = pools
        self._told: Mapping[str, Mapping[str, str]] | None = None

    async def label_agents(self) -> None:
        """Tell them once; agents are only looked through when some pool has other labels."""
        labels = {pool.name: pool.labels for pool in self._pools()}
        if labels == self._told:
            return
        for fields, _, _ in await self._leases.list_agents():
            wanted = labels.get(fields.get("pool", ""))
            # An agent of which only the leases were brought back has no labels; it registers.
            if wanted is None or "labels" not in fields:
                continue
            offered = offered_labels(json.loads(fields["labels"]), wanted)
            if fields.get("offered", "") != offered:
                await self._leases.label_agent(fields["id"], wanted, offered)
        self._told = labels
