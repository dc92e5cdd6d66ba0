import json
from pathlib import Path

from mlmon_shared.testing.polling import eventually_sync
from mlmon_shared.wire.batches import BatchItem, ItemDependency
from mlmon_shared.wire.states import AttemptState, BatchState, RunState
from tests.e2e.conftest import Up

STEP = {
    "name": "step",
    "image": "any",
    "command": ["sh", "-c", "sleep 3; echo done"],
    "resources": {"cpu": 0.5, "memory": "32Mi"},
}
WIDTH = 4


def test_batch_goes_on_after_a_restart_in_its_middle(up: Up):
    up.start()
    client = up.client()
    client.apply_job_definition(STEP)
    up.mlmon("clients", "put", "acme")
    items = [
        BatchItem(
            key=f"{level}-{number}",
            job="step",
            client="acme",
            depends_on=[ItemDependency(key=f"{level - 1}-{number}")] if level else [],
        )
        for level in range(3)
        for number in range(WIDTH)
    ]
    batch_id = client.submit_batch(items, name="restarted").id

    def is_in_the_middle() -> bool:
        counts = client.get_batch(batch_id).counts
        return bool(
            counts.get(RunState.SUCCEEDED)
            and counts.get(RunState.RUNNING)
            and counts.get(RunState.BLOCKED)
        )

    eventually_sync(is_in_the_middle, within_seconds=60)
    ended_before = {
        run.id for run in client.list_runs(batch=batch_id) if run.state is RunState.SUCCEEDED
    }
    assert up.stop() == 0

    up.start()
    client = up.client()
    batch = client.wait_batch(batch_id)
    runs = {run.id: run for run in client.list_runs(batch=batch_id)}

    assert (batch.state, batch.counts) == (BatchState.FINISHED, {RunState.SUCCEEDED: 3 * WIDTH})
    assert len(runs) == 3 * WIDTH
    assert all(runs[run_id].attempt == 1 for run_id in ended_before)
    stopped = [
        attempt
        for run in runs.values()
        for attempt in run.attempts
        if attempt.state is AttemptState.PREEMPTED
    ]
    assert stopped, "the restart should have stopped attempts"
    assert all(len(run.attempts) == run.attempt for run in runs.values())
    # Their tails went with the server; the archive has them.
    assert [list(client.logs(run_id)) for run_id in ended_before] == [["done"]] * len(ended_before)
    assert up.mlmon("apply", "-f", str(_written(up))).count("unchanged") == 1


def test_restart_leaves_what_was_set_of_the_default_pool(up: Up):
    up.start()
    pool = up.client().get_pool("default").as_written()
    small = pool.resources.model_copy(update={"cpu": 0.5})
    up.client().put_pool(pool.model_copy(update={"price_per_hour": 2.5, "resources": small}))
    assert up.stop() == 0

    up.start()

    found = up.client().get_pool("default")
    assert found.price_per_hour == 2.5
    assert found.resources.cpu == pool.resources.cpu


def _written(up: Up) -> Path:
    file = up.folder / "step.json"
    file.write_text(json.dumps(STEP))
    return file
