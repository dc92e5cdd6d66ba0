"""Compare counts with the leases that they follow from."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from mlmon_scheduler.application.recount_leases import Holder, LeaseRecounter


class DriftMetric:
    """How often a count had drifted; anything but 0 is an alarm.

    Args:
        registry: Of the app.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._drifts = Counter(
            "mlmon_scheduler_drifts",
            "Counts of agents, pools, gates and clients that differed from the leases, mended.",
            ["holder"],
            registry=registry,
        )
        for holder in get_args(Holder):
            self._drifts.labels(holder)

    def count(self, holder: Holder) -> None:
        """Count one."""
        self._drifts.labels(holder).inc()


class Reconcile:
    """Recounts all that is derived from leases; replicas may do it at the same time.

    Args:
        recounter: Does the work.
        period_seconds: From one recount to the next.
    """

    name = "reconcile"

    def __init__(self, recounter: LeaseRecounter, *, period_seconds: float) -> None:
        self._recounter = recounter
        self.period_seconds = period_seconds

    async def tick(self) -> bool:
        """Recount everything once."""
        await self._recounter.recount_leases()
        return False
