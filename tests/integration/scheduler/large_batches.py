"""Batches of more runs than one request goes through."""

from collections.abc import Sequence

from mlmon_scheduler.application.stored import NewRun
from tests.integration.scheduler.conftest import Queue


async def load_places(queue: Queue, places: Sequence[int]) -> None:
    """Enqueue `run-<place>` of the open batch `batch` at each of these places."""
    fields = {
        "job": "job",
        "version": "1",
        "client": "acme",
        "image": "image",
        "lane": "normal",
        "priority": "50",
        "effective_priority": "50",
        "effective_lane": "normal",
        "resources": "{}",
        "class": "*",
        "shape": "c1m1g0d0",
        "cell": "c1m1g0d0",
        "batch": "batch",
    }
    runs = [
        NewRun(f"run-{place}", {"id": f"run-{place}", **fields}, index=place) for place in places
    ]
    for start in range(0, len(runs), 50):
        await queue.runs.enqueue(runs[start : start + 50])
