"""Batches: all of their runs, or none."""

from datetime import timedelta
from typing import Any

import pytest

from mlmon_shared.errors import IdempotencyConflictError, InvalidRequestError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.states import BatchState, RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import OwnServices, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


def item(key: str, job: str = "echo", client: str = "acme", **fields: Any) -> dict[str, Any]:
    return {"key": key, "job": job, "client": client, **fields}


def after(*keys: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"key": key, **fields} for key in keys]


async def finished(services: Services, batch: BatchDocument) -> BatchDocument:
    async def find() -> BatchDocument | None:
        found = await services.scheduler.get_batch(batch.id)
        return found if found.state is BatchState.FINISHED else None

    return await eventually(find)


async def counted(services: Services, batch: BatchDocument, **counts: int) -> BatchDocument:
    async def find() -> BatchDocument | None:
        found = await services.scheduler.get_batch(batch.id)
        return found if found.counts == counts else None

    return await eventually(find, describe=f"the batch counts {counts}")


async def refused(services: Services, items: list[dict[str, Any]]) -> dict[str, str]:
    """The faults of a refused batch by pointer; nothing of it was stored."""
    with pytest.raises(InvalidRequestError) as caught:
        await services.submit_batch(items)
    assert (await services.scheduler.list_batches()).items == []
    assert (await services.scheduler.list_runs(state="queued")).items == []
    return {fault["pointer"]: fault["detail"] for fault in caught.value.errors}


async def test_items_name_their_own_lanes(services: Services):
    batch = await services.submit_batch([item("a", lane="backfill"), item("b")])

    lanes = [(await services.run_of(batch, key)).lane for key in ("a", "b")]

    assert lanes == ["backfill", "normal"]


async def test_every_bad_item_is_named_and_nothing_is_stored(services: Services):
    items = [item(f"item-{number}") for number in range(300)]
    items[7] |= {"job": "ecko"}
    items[150] |= {"client": "nobody"}
    items[299] |= {"params": {"month": 0}}

    faults = await refused(services, items)

    assert set(faults) == {"/items/7/job", "/items/150/client", "/items/299/params/month"}


async def test_malformed_item_is_refused_at_its_place(services: Services):
    body = {"items": [item("a"), item("b", priorty=1)]}
    response = await services.ask("POST", "/v1/batches", json=body)

    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == "/items/1/priorty"
    assert 'did you mean "priority"?' in fault["detail"]


async def test_repeated_key_is_refused(services: Services):
    faults = await refused(services, [item("a"), item("b"), item("a")])

    assert faults == {"/items/2/key": 'the key "a" is also that of item 0'}


async def test_unknown_key_in_an_edge_is_refused(services: Services):
    faults = await refused(services, [item("a"), item("b", depends_on=after("a", "c"))])

    assert faults == {"/items/1/depends_on/1/key": 'no item of this batch has the key "c"'}


async def test_unknown_run_in_an_edge_is_refused(services: Services):
    faults = await refused(services, [item("a", depends_on=[{"run": "nowhere"}])])

    assert faults == {"/items/0/depends_on/0/run": "there is no run nowhere"}


async def test_circle_is_refused_and_named(services: Services):
    faults = await refused(
        services,
        [
            item("start"),
            item("a", depends_on=after("start", "c")),
            item("b", depends_on=after("a")),
            item("c", depends_on=after("b")),
        ],
    )

    ((pointer, detail),) = faults.items()
    assert pointer.endswith("/depends_on")
    words = detail.removeprefix("the items wait on each other in a circle: ").split(" → ")
    assert words[0] == words[-1]
    assert set(words) == {"a", "b", "c"}


async def test_circle_with_what_a_definition_depends_on_is_refused(services: Services):
    items = [item("mine", "train", depends_on=after("scored")), item("scored", "score")]

    ((pointer, detail),) = (await refused(services, items)).items()

    assert pointer.endswith("/depends_on")
    assert detail.startswith("the items wait on each other in a circle: ")
    assert {"mine", "scored"} == set(detail.partition(": ")[2].split(" → "))


async def test_batch_is_loaded_and_its_runs_are_counted(services: Services, agent: FakeAgent):
    batch = await services.submit_batch(
        [item("first"), item("second", depends_on=after("first")), item("third")],
        name="nightly",
        labels={"month": "may"},
    )
    assert (batch.name, batch.total, batch.labels) == ("nightly", 3, {"month": "may"})
    assert batch.submitted_by == "submitter"
    await counted(services, batch, queued=2, blocked=1)

    for _ in range(2):
        await agent.report(await agent.start())
    running = await counted(services, batch, queued=1, succeeded=2)
    assert (running.state, running.outcome) == (BatchState.RUNNING, None)
    await agent.report(await agent.start())

    ended = await finished(services, batch)
    assert (ended.outcome, ended.counts) == ("succeeded", {"succeeded": 3})
    assert ended.finished_at is not None


async def test_runs_of_a_batch_are_listed_in_order_of_submission(services: Services):
    keys = ["late", "early", "other"]
    items = [item("late", depends_on=after("early")), item("early"), item("other")]
    batch = await services.submit_batch(items)
    await counted(services, batch, queued=2, blocked=1)

    first = await services.scheduler.list_runs(batch=batch.id, limit=2)
    rest = await services.scheduler.list_runs(batch=batch.id, limit=2, cursor=first.next_cursor)

    assert [run.key for run in first.items + rest.items] == keys
    assert rest.next_cursor is None
    blocked = await services.scheduler.list_runs(batch=batch.id, state="blocked")
    assert [run.key for run in blocked.items] == ["late"]


async def test_failure_skips_what_waits_on_it_and_fails_the_batch(
    services: Services, agent: FakeAgent
):
    batch = await services.submit_batch([item("a"), item("b", depends_on=after("a"))])
    await agent.fail(await agent.start())

    ended = await finished(services, batch)

    assert (ended.outcome, ended.counts) == ("failed", {"failed": 1, "skipped": 1})


async def test_run_on_failure_gets_its_turn(services: Services, agent: FakeAgent):
    items = [item("a"), item("cleanup", depends_on=after("a", when="failed"))]
    batch = await services.submit_batch(items)
    await agent.fail(await agent.start())

    cleanup = await agent.start()

    assert cleanup.grant.run_id == (await services.run_of(batch, "cleanup")).id


async def test_definition_waits_on_its_clients_run_in_the_batch(
    services: Services, agent: FakeAgent
):
    batch = await services.submit_batch(
        [
            item("score-acme", "score"),
            item("train-bolt", "train", "bolt"),
            item("train-acme", "train"),
        ]
    )
    score = await services.run_of(batch, "score-acme")
    train = await services.run_of(batch, "train-acme")
    assert score.state == RunState.BLOCKED
    assert [(link.job, link.run) for link in score.depends_on] == [("train", train.id)]

    for _ in range(2):
        trained = await agent.start()
        model = await agent.upload(trained, "model.joblib", trained.spec.client.encode())
        await agent.report(trained, artifacts=[model])
    started = await agent.start()

    assert started.grant.run_id == score.id
    assert await agent.download(started.spec.inputs[0].download) == b"acme"


async def test_upstream_that_is_not_in_the_batch_is_the_clients_newest(
    services: Services, agent: FakeAgent
):
    train = await services.submit("train")
    items = [item("train", "train", "bolt"), item("mine", "score"), item("coda", "score", "coda")]
    batch = await services.submit_batch(items)

    mine, codas = [await services.run_of(batch, key) for key in ("mine", "coda")]

    assert [link.run for link in mine.depends_on] == [train.id]
    assert codas.reason == "Waits for the next run of train for coda."


async def test_run_with_more_edges_than_one_call_carries_waits_for_all(services: Services):
    keys = [f"item-{number}" for number in range(260)]
    last = item("last", depends_on=after(*keys, when="finished"))
    batch = await services.submit_batch([last, *map(item, keys)])
    await counted(services, batch, queued=260, blocked=1)
    links = (await services.run_of(batch, "last")).depends_on
    edges = [{"run": link.run, "when": "failed"} for link in links]
    alone = await services.submit(depends_on=edges)
    await services.submit_batch([item("alone", depends_on=edges)])
    assert (len(edges), alone.state) == (260, "blocked")

    await services.scheduler.cancel_batch(batch.id)

    skipped = await services.scheduler.wait_run(alone.id, timeout_seconds=10)
    assert (skipped.state, len(skipped.depends_on)) == ("skipped", 260)


async def test_fan_in_without_members_is_refused(services: Services):
    faults = await refused(services, [item("summary", "summary"), item("train", "train")])

    assert list(faults) == ["/items/0/job"]
    assert "fans in over the runs of score in its batch" in faults["/items/0/job"]


async def test_fan_in_gets_a_file_of_every_run_that_succeeded(services: Services, agent: FakeAgent):
    clients = ["acme", "bolt", "coda"]
    items = [item(f"train-{client}", "train", client) for client in clients]
    items += [item(f"score-{client}", "score", client) for client in clients]
    batch = await services.submit_batch([item("summary", "summary"), *items])
    await counted(services, batch, queued=3, blocked=4)
    for _ in clients:
        await agent.publish({"model.joblib": b"model"})
    for _ in clients:
        started = await agent.start()
        if started.spec.client == "bolt":
            await agent.fail(started)
            continue
        files = {"scores.csv": b"1", "metrics.json": started.spec.client.encode()}
        artifacts = [await agent.upload(started, path, data) for path, data in files.items()]
        await agent.report(started, artifacts=artifacts)

    summary = await agent.start()

    given = {file.target: await agent.download(file.download) for file in summary.spec.inputs}
    assert given == {
        "scores/acme/metrics.json": b"acme",
        "scores/coda/metrics.json": b"coda",
    }
    (link,) = (await services.run_of(batch, "summary")).depends_on
    assert (link.job, link.percent, link.expected) == ("score", 50, 3)


async def test_fan_in_is_expected_to_start_after_its_last_member(
    services: Services, agent: FakeAgent
):
    clients = ["acme", "bolt"]
    items = [item(f"train-{client}", "train", client) for client in clients]
    items += [item(f"score-{client}", "score", client) for client in clients]
    batch = await services.submit_batch([item("summary", "summary"), *items])
    await counted(services, batch, queued=2, blocked=3)
    score = await services.run_of(batch, "score-acme")
    summary = await services.run_of(batch, "summary")

    last = (await services.scheduler.explain_run(score.id)).ends
    found = (await services.scheduler.explain_run(summary.id)).starts

    assert last is not None
    assert found is not None
    assert found.p50 >= last.p50 - timedelta(seconds=5)
    assert found.p90 >= found.p50


async def test_fan_in_below_its_share_is_skipped_with_the_count(
    services: Services, agent: FakeAgent
):
    clients = ["acme", "bolt", "coda"]
    items = [item(f"train-{client}", "train", client) for client in clients]
    items += [item(f"score-{client}", "score", client) for client in clients]
    batch = await services.submit_batch([*items, item("summary", "summary")])
    for _ in range(2):
        await agent.fail(await agent.start())
    await agent.publish({"model.joblib": b"model"})
    await agent.publish({"scores.csv": b"1", "metrics.json": b"{}"})

    ended = await finished(services, batch)

    assert ended.counts == {"succeeded": 2, "failed": 2, "skipped": 3}
    summary = await services.run_of(batch, "summary")
    assert summary.reason == "1 of 3 runs of score succeeded; 2 had to"


async def test_same_idempotency_key_returns_the_same_batch(services: Services):
    items = [item("a"), item("b", depends_on=after("a"))]
    first = await services.submit_batch(items, idempotency_key="once")
    second = await services.submit_batch(items, idempotency_key="once")

    assert second.id == first.id
    await counted(services, first, queued=1, blocked=1)
    assert len((await services.scheduler.list_batches()).items) == 1
    with pytest.raises(IdempotencyConflictError):
        await services.submit_batch([item("a")], idempotency_key="once")


async def test_cancelled_batch_cancels_all_that_waits_and_orders_the_rest(
    services: Services, agent: FakeAgent
):
    items = [item(f"item-{number}") for number in range(3)]
    batch = await services.submit_batch([*items, item("last", depends_on=after("item-0"))])
    started = await agent.start()
    await counted(services, batch, running=1, queued=2, blocked=1)

    cancelled = await services.scheduler.cancel_batch(batch.id)

    assert cancelled.counts == {"cancelled": 3, "cancelling": 1}
    (order,) = (await agent.poll()).directives
    assert (order.kind, order.run_id) == ("cancel", started.grant.run_id)


async def test_batch_cancelled_while_it_is_loaded_leaves_nothing_to_run(
    services: Services, agent: FakeAgent
):
    batch = await services.submit_batch([item(f"item-{number}") for number in range(1500)])
    assert batch.state is BatchState.LOADING
    await services.scheduler.cancel_batch(batch.id)

    ended = await finished(services, batch)

    assert (ended.outcome, ended.counts) == ("cancelled", {"cancelled": 1500})
    assert (await agent.poll(seconds=0)).grants == []


async def test_loading_goes_on_after_a_restart(own_services: OwnServices):
    items = [item(f"item-{number}") for number in range(3000)]
    batch = await own_services.submit_batch(items)
    await own_services.stop("scheduler")
    await own_services.start_scheduler()
    before = await own_services.scheduler.get_batch(batch.id)
    assert before.state is BatchState.LOADING

    loaded = await counted(own_services, batch, queued=3000)

    assert loaded.total == 3000


async def test_batch_is_loaded_once_by_two_replicas(own_services: OwnServices):
    await own_services.start_scheduler("replica")
    batch = await own_services.submit_batch([item(f"item-{number}") for number in range(1000)])

    await counted(own_services, batch, queued=1000)
    await own_services.scheduler.cancel_batch(batch.id)

    assert (await finished(own_services, batch)).counts == {"cancelled": 1000}


async def test_batches_are_listed_newest_first_in_pages(services: Services):
    made = [await services.submit_batch([item("a")], name=str(number)) for number in range(3)]
    first = await services.scheduler.list_batches(limit=2)
    rest = await services.scheduler.list_batches(limit=2, cursor=first.next_cursor)

    ids = [batch.id for batch in first.items + rest.items]
    assert ids == [batch.id for batch in reversed(made)]
    assert rest.next_cursor is None
