"""Batches of more runs than one request goes through."""

from collections.abc import Sequence

from mlmon_scheduler.application.stored import NewRun
from tests.integration.scheduler.conftest import Queue


def fields_of(place: int, *, shape: str = "c1m1g0d0", cell: str = "c1m1g0d0") -> dict[str, str]:
    """Return the fields of the run `run-<place>` of the batch `batch`."""
    return {
        "id": f"run-{place}",
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
        "shape": shape,
        "cell": cell,
        "batch": "batch",
    }


async def load_places(queue: Queue, places: Sequence[int]) -> None:
    """Enqueue `run-<place>` of the open batch `batch` at each of these places."""
    runs = [NewRun(f"run-{place}", fields_of(place), index=place) for place in places]
    for start in range(0, len(runs), 50):
        await queue.runs.enqueue(runs[start : start + 50])
