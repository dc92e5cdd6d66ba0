from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthenticatedError,
)
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.history import EpochRequest
from mlmon_shared.wire.states import RunState

if TYPE_CHECKING:
    from tests.integration.report_writer.conftest import Scheduler


WaitForRuns = Callable[[int], Awaitable[None]]


@pytest.fixture
async def epochs(transport: Transport) -> AsyncIterator[ReportWriterClient]:
    async with Transport(transport.base_url, token="service-token", tries=1) as service:
        yield ReportWriterClient(service)


@pytest.fixture
async def begun(epochs: ReportWriterClient) -> int:
    return (await epochs.begin_epoch(EpochRequest(instance="one"))).epoch


@pytest.fixture
def stored(client: ReportWriterClient, begun: int) -> WaitForRuns:
    async def wait(number: int) -> None:
        async def are_there() -> bool:
            return len((await client.list_runs(limit=200)).items) == number

        await eventually(are_there)

    return wait


async def test_epoch_is_the_same_for_the_same_instance(epochs: ReportWriterClient) -> None:
    first = await epochs.begin_epoch(EpochRequest(instance="one", epoch=3))
    again = await epochs.begin_epoch(EpochRequest(instance="one", epoch=0))
    other = await epochs.begin_epoch(EpochRequest(instance="two", epoch=0))

    assert (first.epoch, again.epoch, other.epoch) == (4, 4, 5)


async def test_epochs_need_the_scope_service(client: ReportWriterClient) -> None:
    with pytest.raises(ForbiddenError):
        await client.begin_epoch(EpochRequest(instance="one"))


@pytest.mark.parametrize(
    "request_", [EpochRequest(instance=""), EpochRequest(instance="x", epoch=2**70)]
)
async def test_implausible_epoch_is_refused(
    epochs: ReportWriterClient, request_: EpochRequest
) -> None:
    with pytest.raises(InvalidRequestError):
        await epochs.begin_epoch(request_)


async def test_run_has_its_attempts_in_order(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    run_id = await scheduler.submit()
    for number in range(1, 12):
        await scheduler.start(run_id, number, rv=2 * number)
    await stored(1)

    async def has_all() -> bool:
        return (await client.get_run(run_id)).attempt == 11

    await eventually(has_all)
    found = await client.get_run(run_id)

    assert [attempt.number for attempt in found.attempts] == list(range(1, 12))


async def test_pages_follow_each_other_newest_first(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    made = [await scheduler.submit() for _ in range(7)]
    await stored(7)

    seen, cursor = [], None
    while True:
        page = await client.list_runs(cursor=cursor, limit=3)
        seen += [run.id for run in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == made[::-1]


async def test_last_page_that_is_full_has_no_cursor(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    for _ in range(3):
        await scheduler.submit()
    await stored(3)

    assert (await client.list_runs(limit=3)).next_cursor is None


async def test_filters_combine(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    wanted = await scheduler.submit(
        batch="b", job="score", client="acme", state="held", version="2"
    )
    await scheduler.submit(batch="b", job="score", client="acme", state="held", version="12")
    await scheduler.submit(batch="b", job="score", client="acme", version="2")
    await scheduler.submit(batch="c", job="score", client="acme", state="held")
    await scheduler.submit(batch="b", job="train", client="acme", state="held")
    await scheduler.submit(batch="b", job="score", client="other", state="held")
    await stored(6)

    found = await client.list_runs(batch="b", job="score", client="acme", state="held", version=2)

    assert [run.id for run in found.items] == [wanted]


async def test_attempts_page_by_run(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    run_id, other = await scheduler.submit(), await scheduler.submit()
    for number in range(1, 12):
        await scheduler.start(run_id, number, rv=2 * number)
    await scheduler.start(other)
    await stored(2)

    async def are_there() -> bool:
        return len((await client.list_attempts(limit=20)).items) == 12

    await eventually(are_there)
    first = await client.list_attempts(run=run_id, limit=6)
    second = await client.list_attempts(run=run_id, limit=6, cursor=first.next_cursor)

    assert [found.number for found in first.items + second.items] == list(range(11, 0, -1))
    assert second.next_cursor is None


async def test_batch_counts_its_runs_by_state(
    client: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    await scheduler.add_batch("batch-1", 3, name="nightly")
    await scheduler.submit(batch="batch-1")
    await scheduler.submit(batch="batch-1")
    await scheduler.submit(batch="batch-1", state="failed")
    await stored(3)

    found = await client.get_batch("batch-1")
    listed = await client.list_batches()

    assert found.counts == {RunState.QUEUED: 2, RunState.FAILED: 1}
    assert listed.items == [found]


async def test_as_of_moves_on_while_nothing_happens(client: ReportWriterClient, begun: int) -> None:
    first = (await client.list_runs()).as_of

    async def has_moved() -> bool:
        return (await client.list_runs()).as_of > first

    await eventually(has_moved)


async def test_missing_things_are_not_found(client: ReportWriterClient) -> None:
    with pytest.raises(NotFoundError):
        await client.get_run("nothing")
    with pytest.raises(NotFoundError):
        await client.get_batch("nothing")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"state": "waiting"},
        {"cursor": "*"},
        {"cursor": "YQ==="},
        {"job": "\0"},
    ],
)
async def test_malformed_query_is_refused(transport: Transport, query: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        await transport.send("GET", "/v1/history/runs", params=query)


@pytest.mark.parametrize("path", ["runs", "runs/x", "attempts", "batches", "batches/x"])
async def test_history_needs_a_token_with_scope_reader(transport: Transport, path: str) -> None:
    async with Transport(transport.base_url, tries=1) as nobody:
        with pytest.raises(UnauthenticatedError):
            await nobody.send("GET", f"/v1/history/{path}")
    async with Transport(transport.base_url, token="agent-token", tries=1) as agent:
        with pytest.raises(ForbiddenError):
            await agent.send("GET", f"/v1/history/{path}")


async def test_metrics_count_what_was_written(
    transport: Transport, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    await scheduler.submit()
    await scheduler.add("unknown", "thing", 1)
    await stored(1)

    async def are_counted() -> bool:
        shown = (await transport.send("GET", "/metrics")).text
        return (
            "mlmon_report_writer_events_written_total 1.0" in shown
            and "mlmon_report_writer_dead_letters_total 1.0" in shown
            and 'last_success_timestamp_seconds{loop="drain_events"}' in shown
        )

    await eventually(are_counted)


async def test_open_runs_are_what_is_not_over_with_all_fields_in_pages(
    epochs: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    await scheduler.add_batch("batch-1", 2)
    done = await scheduler.submit()
    await scheduler.start(done)
    await scheduler.finish(done)
    kept = await scheduler.submit(batch="batch-1", band="c1", index="1")
    await scheduler.start(kept)
    await scheduler.finish(kept)
    running = await scheduler.submit(order="7", spent_infra="2")
    await scheduler.start(running)
    await stored(3)

    async def is_whole() -> bool:
        page = await epochs.list_open_runs("s0", limit=1)
        return page.items[0].fields["state"] == "succeeded"

    await eventually(is_whole)
    first = await epochs.list_open_runs("s0", limit=1)
    second = await epochs.list_open_runs("s0", cursor=first.next_cursor, limit=1)

    assert [run.fields["id"] for run in first.items + second.items] == [kept, running]
    assert second.next_cursor is None
    fields = second.items[0].fields
    assert (fields["order"], fields["spent_infra"], fields["state"]) == ("7", "2", "running")
    assert [attempt["agent"] for attempt in second.items[0].attempts] == ["agent-1"]
    (batch,) = (await epochs.list_open_batches("s0")).items
    assert (batch.id, batch.counts) == ("batch-1", {"succeeded": 1})


async def test_shard_says_how_far_history_is(
    epochs: ReportWriterClient, scheduler: "Scheduler", stored: WaitForRuns
) -> None:
    await scheduler.submit()
    await stored(1)

    (stream,) = (await epochs.get_shard("s0")).streams

    assert (stream.epoch, stream.is_broken) == (1, False)
    assert stream.position != "0-0"


async def test_other_shards_and_other_scopes_are_refused(
    epochs: ReportWriterClient, client: ReportWriterClient
) -> None:
    with pytest.raises(NotFoundError, match="shard s0"):
        await epochs.list_open_runs("s9")
    with pytest.raises(ForbiddenError):
        await client.list_open_runs("s0")
