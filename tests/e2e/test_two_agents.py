from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlmon_shared.testing.polling import eventually_sync
from mlmon_shared.wire.batches import BatchItem, ItemDependency
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.states import RunState
from tests.e2e.conftest import Up

ROOTS, MIDDLES, LEAVES = 200, 200, 100
LEDGER_LINE = 'echo "$MLMON_RUN_ID {{ params.key }} $1 $(date +%s%N)" >> "{{ params.ledger }}"'
STEP = {
    "name": "step",
    "image": "any",
    "command": ["sh", "-c", f"note() {{ {LEDGER_LINE}; }}; note start; note end"],
    "parameters": {
        "type": "object",
        "properties": {"key": {"type": "string"}, "ledger": {"type": "string"}},
        "required": ["key", "ledger"],
    },
    "resources": {"cpu": 0.25, "memory": "32Mi"},
}


@dataclass
class Entry:
    run_id: str
    key: str
    what: str
    at: int


@pytest.mark.timeout(400)
def test_500_runs_on_two_agents_keep_their_order_and_happen_once(up: Up):
    pool = {"cpu": 1.5, "memory": 2 * 2**30}
    up.plan_agents(
        *({"name": name, "pool": "default", **pool, "disk": 2**30} for name in ("left", "right"))
    )
    up.start()
    client = up.client()
    client.put_pool(Pool(name="default", resources=Resources.model_validate(pool)))
    client.apply_job_definition(STEP)
    up.mlmon("clients", "put", "acme")
    ledger = up.folder / "ledger.txt"
    parents = _parents()
    items = [
        BatchItem(
            key=key,
            job="step",
            client="acme",
            params={"key": key, "ledger": str(ledger)},
            depends_on=[ItemDependency(key=parent) for parent in above],
        )
        for key, above in parents.items()
    ]

    batch = client.wait_batch(client.submit_batch(items, name="dag").id)

    assert batch.counts == {RunState.SUCCEEDED: ROOTS + MIDDLES + LEAVES}
    entries = _read(ledger)
    starts = {entry.key: entry.at for entry in entries if entry.what == "start"}
    ends = {entry.key: entry.at for entry in entries if entry.what == "end"}
    times = Counter((entry.key, entry.what) for entry in entries)
    assert set(times.values()) == {1}, "something ran twice"
    for key, above in parents.items():
        assert all(ends[parent] <= starts[key] for parent in above), f"{key} started too early"
    history = eventually_sync(lambda: _whole_history(up, batch.id), within_seconds=20)
    assert {run["id"] for run in history} == {entry.run_id for entry in entries}
    assert Counter(run["state"] for run in history) == {"succeeded": len(starts)}
    hosts = Counter(attempt["host"] for run in history for attempt in run["attempts"])
    assert hosts.total() == len(parents)
    assert set(hosts) == {"left", "right"}


def _parents() -> dict[str, list[str]]:
    return (
        {f"root-{number}": [] for number in range(ROOTS)}
        | {f"middle-{number}": [f"root-{number}"] for number in range(MIDDLES)}
        | {
            f"leaf-{number}": [f"middle-{2 * number}", f"middle-{2 * number + 1}"]
            for number in range(LEAVES)
        }
    )


def _read(ledger: Path) -> list[Entry]:
    lines = [line.split() for line in ledger.read_text().splitlines()]
    return [Entry(run_id, key, what, int(at)) for run_id, key, what, at in lines]


def _whole_history(up: Up, batch_id: str) -> list[dict[str, Any]]:
    """Return the batch's runs as report-writer has them, once all of them are final there."""
    runs: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = httpx.get(
            f"{up.url}/v1/history/runs",
            params={"batch": batch_id, "limit": "200"} | ({"cursor": cursor} if cursor else {}),
            headers={"Authorization": f"Bearer {up.token}"},
        )
        page = answer.raise_for_status().json()
        runs += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    is_whole = len(runs) == ROOTS + MIDDLES + LEAVES
    return runs if is_whole and all(run["state"] == "succeeded" for run in runs) else []
