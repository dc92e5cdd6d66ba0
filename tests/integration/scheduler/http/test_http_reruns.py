"""Running again what has ended, while it is live and when only history has it."""

from typing import Any

import pytest

from mlmon_shared.errors import (
    ConflictError,
    IdempotencyConflictError,
    NotFoundError,
)
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.reruns import RerunOnly, RerunScope
from mlmon_shared.wire.runs import RunDocument
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.test_http_batches import after, counted, finished, item

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOWNSTREAM = RerunScope.DOWNSTREAM


async def end(
    services: Services,
    agent: FakeAgent,
    *failing: str,
    given: dict[str, list[bytes]] | None = None,
) -> None:
    """Run all that is ready to its end; `given` gets the inputs by key or job."""
    while grants := (await agent.poll(seconds=0)).grants:
        started = await agent.accept(grants[0])
        run = await services.scheduler.get_run(started.grant.run_id)
        name = run.key or run.job
        if given is not None:
            given[name] = [await agent.download(each.download) for each in started.spec.inputs]
        if name in failing:
            await agent.fail(started)
        else:
            artifacts = [
                await agent.upload(started, output.output.path, f"{name} {run.id}".encode())
                for output in started.spec.outputs
            ]
            await agent.report(started, artifacts=artifacts)


async def end_batch(
    services: Services,
    agent: FakeAgent,
    batch: BatchDocument,
    *failing: str,
    given: dict[str, list[bytes]] | None = None,
) -> dict[str, RunDocument]:
    """Run a whole batch to its end and return its runs by key."""

    async def is_finished() -> bool:
        await end(services, agent, *failing, given=given)
        return (await services.scheduler.get_batch(batch.id)).state == "finished"

    await eventually(is_finished, describe="the batch is finished")
    return await runs_of(services, batch)


async def runs_of(services: Services, batch: BatchDocument) -> dict[str, RunDocument]:
    page = await services.scheduler.list_runs(batch=batch.id, limit=200)
    return {run.key or run.id: run for run in page.items}


async def test_run_is_repeated_as_it_was(services: Services, agent: FakeAgent):
    old = await services.submit(params={"word": "again"}, priority=77, labels={"a": "b"})
    await end(services, agent, "echo")

    made = await services.scheduler.rerun_run(old.id)

    new = made.run
    assert new is not None
    assert made.batch is None
    assert (new.state, new.rerun_of, new.attempt) == ("queued", old.id, 0)
    for field in ("job", "version", "client", "params", "priority", "labels", "resources"):
        assert getattr(new, field) == getattr(old, field)
    assert (await services.scheduler.get_run(old.id)).state == "failed"


async def test_rerun_is_told_in_history(services: Services, agent: FakeAgent):
    old = await services.submit()
    await end(services, agent)
    made = await services.scheduler.rerun_run(old.id)
    assert made.run is not None
    new_id = made.run.id
    await end(services, agent)

    async def is_durable() -> RunDocument | None:
        run = await services.scheduler.get_run(new_id)
        return run if run.is_durable else None

    await eventually(is_durable)
    assert (await services.history.get_run(new_id)).rerun_of == old.id


async def test_same_key_makes_one_run(services: Services, agent: FakeAgent):
    old = await services.submit()
    await end(services, agent)

    first = await services.scheduler.rerun_run(old.id, idempotency_key="once")
    second = await services.scheduler.rerun_run(old.id, idempotency_key="once")

    assert first.run is not None
    assert second.run is not None
    assert first.run.id == second.run.id
    with pytest.raises(IdempotencyConflictError):
        await services.scheduler.rerun_run(old.id, scope=DOWNSTREAM, idempotency_key="once")


async def test_run_that_has_not_ended_is_not_repeated(services: Services):
    run = await services.submit()

    with pytest.raises(ConflictError, match=f"run {run.id} is queued; only what has ended"):
        await services.scheduler.rerun_run(run.id)
    with pytest.raises(NotFoundError):
        await services.scheduler.rerun_run("nowhere")
    with pytest.raises(ConflictError, match="is queued"):
        await services.scheduler.rerun_run(run.id, scope=DOWNSTREAM)


@pytest.mark.parametrize(
    "path", ["/v1/runs/x/rerun?scope=upstream", "/v1/batches/x/rerun?only=skipped"]
)
async def test_unknown_choice_is_refused(services: Services, path: str):
    assert (await services.ask("POST", path)).status_code == 422
    assert (
        await services.ask("POST", path.split("?", maxsplit=1)[0], token="reader")
    ).status_code == 403


async def test_edge_to_a_run_that_is_not_repeated_stays_as_it_was_met(
    services: Services, agent: FakeAgent
):
    train = await services.submit("train")
    await end(services, agent)
    score = await services.submit("score")
    await end(services, agent, "score")
    await services.forget_runs()

    made = await services.scheduler.rerun_run(score.id)

    assert made.run is not None
    assert made.run.state == "queued"
    assert [(link.run, link.outcome) for link in made.run.depends_on] == [(train.id, "succeeded")]
    started = await agent.start()
    content = await agent.download(started.spec.inputs[0].download)
    assert content == f"train {train.id}".encode()


async def test_edge_that_was_not_met_is_not_met_again(services: Services, agent: FakeAgent):
    train = await services.submit("train")
    score = await services.submit("score")
    await end(services, agent, "train")
    await services.scheduler.wait_run(score.id, timeout_seconds=10)

    made = await services.scheduler.rerun_run(score.id)

    assert made.run is not None
    reason = f"Its dependency train (run {train.id}) failed."
    assert (made.run.state, made.run.reason) == ("skipped", reason)


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_downstream_is_repeated_with_the_skipped(
    services: Services, agent: FakeAgent, is_forgotten: bool
):
    batch = await services.submit_batch(
        [
            item("clean"),
            item("train", "train", depends_on=after("clean")),
            item("score", "score"),
            item("other"),
        ]
    )
    old = await end_batch(services, agent, batch, "train")
    assert (old["score"].state, old["train"].state) == ("skipped", "failed")
    if is_forgotten:
        await services.forget_batches()

    made = await services.scheduler.rerun_run(old["train"].id, scope=DOWNSTREAM)

    assert made.run is None
    assert made.batch is not None
    assert (made.batch.total, made.batch.name) == (2, "re-run of train for acme")
    new = await end_batch(services, agent, made.batch)
    assert {key: run.rerun_of for key, run in new.items()} == {
        "train": old["train"].id,
        "score": old["score"].id,
    }
    assert {run.state for run in new.values()} == {"succeeded"}
    assert [link.run for link in new["score"].depends_on] == [new["train"].id]
    (kept,) = new["train"].depends_on
    assert (kept.run, kept.outcome) == (old["clean"].id, "succeeded")
    assert (await services.scheduler.get_run(old["score"].id)).state == "skipped"


async def test_downstream_outside_the_batch_is_found(services: Services, agent: FakeAgent):
    batch = await services.submit_batch([item("train", "train"), item("other")])
    train = await services.run_of(batch, "train")
    score = await services.submit("score")
    behind = await services.submit_batch([item("last", depends_on=[{"run": score.id}])])
    await end_batch(services, agent, batch)
    await end_batch(services, agent, behind)

    made = await services.scheduler.rerun_run(train.id, scope=DOWNSTREAM)

    assert made.batch is not None
    new = await end_batch(services, agent, made.batch)
    last = await services.run_of(behind, "last")
    assert sorted(run.rerun_of or "" for run in new.values()) == sorted(
        [train.id, score.id, last.id]
    )
    by_old = {run.rerun_of: run for run in new.values()}
    assert [link.run for link in by_old[score.id].depends_on] == [by_old[train.id].id]
    assert [link.run for link in by_old[last.id].depends_on] == [by_old[score.id].id]


def night() -> list[dict[str, Any]]:
    clients = ["acme", "bolt", "coda"]
    return [
        *(item(f"train-{client}", "train", client) for client in clients),
        *(item(f"score-{client}", "score", client) for client in clients),
        item("summary", "summary"),
    ]


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_only_what_failed_of_a_batch_is_repeated(
    services: Services, agent: FakeAgent, is_forgotten: bool
):
    batch = await services.submit_batch(night(), name="night", labels={"month": "may"})
    old = await end_batch(services, agent, batch, "train-acme", "score-bolt", "summary")
    if is_forgotten:
        await services.forget_batches()

    made = await services.scheduler.rerun_batch(batch.id, only=RerunOnly.FAILED)

    assert (made.total, made.name, made.labels) == (4, "re-run of night", {"month": "may"})
    await counted(services, made, queued=2, blocked=2)
    given: dict[str, list[bytes]] = {}
    new = await end_batch(services, agent, made, given=given)
    ended = await finished(services, made)

    assert (ended.outcome, ended.counts) == ("succeeded", {"succeeded": 4})
    assert sorted(new) == ["score-acme", "score-bolt", "summary", "train-acme"]
    assert [link.run for link in new["score-acme"].depends_on] == [new["train-acme"].id]
    # The fan-in has what was repeated, and what succeeded before.
    scores = [new["score-acme"], new["score-bolt"], old["score-coda"]]
    files = [f"{run.key} {run.id}".encode() for run in scores]
    assert sorted(given["summary"]) == sorted(files)
    assert new["summary"].depends_on[0].expected == 3


async def test_fan_in_is_repeated_alone(services: Services, agent: FakeAgent):
    batch = await services.submit_batch(night())
    old = await end_batch(services, agent, batch, "summary")

    made = await services.scheduler.rerun_run(old["summary"].id)

    assert made.batch is not None
    assert made.batch.total == 1
    started = await agent.start()
    assert len(started.spec.inputs) == 3


async def test_whole_batch_is_repeated(services: Services, agent: FakeAgent):
    batch = await services.submit_batch([item("a"), item("b", depends_on=after("a"))])
    with pytest.raises(ConflictError, match="wait for it, or cancel it"):
        await services.scheduler.rerun_batch(batch.id)
    old = await end_batch(services, agent, batch)
    with pytest.raises(ConflictError, match="nothing is to be re-run"):
        await services.scheduler.rerun_batch(batch.id, only=RerunOnly.FAILED)

    first = await services.scheduler.rerun_batch(batch.id, idempotency_key="once")
    second = await services.scheduler.rerun_batch(batch.id, idempotency_key="once")

    assert first.id == second.id
    new = await end_batch(services, agent, first)
    assert [new[key].rerun_of for key in ("a", "b")] == [old[key].id for key in ("a", "b")]
    assert [link.run for link in new["b"].depends_on] == [new["a"].id]
