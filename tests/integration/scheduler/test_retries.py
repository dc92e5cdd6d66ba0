"""What a run does after an attempt that failed, as the store and its readers see it."""

from pathlib import Path

import pytest

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.job_definitions import Resources, Retries
from mlmon_shared.wire.records import run_document
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import AttemptState, Cause, RunState
from tests.integration.scheduler.completing import GIB, Completing
from tests.integration.scheduler.conftest import SPILL_SECONDS, Queue


@pytest.fixture
def completing(queue: Queue, tmp_path: Path) -> Completing:
    return Completing(queue, tmp_path)


async def document(queue: Queue, run_id: str = "run") -> RunDocument:
    run = await queue.runs.find_run(run_id)
    assert run is not None
    return run_document(run.fields, run.attempts, now_ms=queue.clock.now_ms(), is_durable=False)


async def test_run_out_of_memory_is_retried_with_more_until_nothing_is_large_enough(
    queue: Queue, completing: Completing
):
    completing.policy = Retries(memory_on_oom=1.5)
    await queue.add("run", shape=Vector(cpu_milli=1000, memory=2 * GIB), memory=2 * GIB)
    await queue.add_agent(slots=8)

    first = await queue.start()
    assert await completing.run_out_of_memory(first) == RunState.QUEUED
    shown = await document(queue)
    assert shown.resources.memory == 3 * GIB
    assert shown.reason == "It needed more. Retried with 3 GiB of memory."

    second = await queue.start()
    assert second.vector == Vector(cpu_milli=1000, memory=3 * GIB)
    assert await completing.run_out_of_memory(second) == RunState.FAILED
    assert (await document(queue)).reason == (
        "It needed more. It cannot be retried with 4.5 GiB of memory: no host is large enough; "
        "the nearest is pool cpu, which has 4 GiB of memory where 4.5 GiB are asked for."
    )


async def test_larger_request_is_in_the_events(queue: Queue, completing: Completing):
    completing.policy = Retries(memory_on_oom=2)
    await queue.add("run", memory=GIB)
    await queue.add_agent(slots=8)

    await completing.run_out_of_memory(await queue.start())

    found = [event["resources"] for event in await queue.events() if "resources" in event]
    assert [Resources.model_validate_json(text).memory for text in found] == [GIB, 2 * GIB]


async def test_rule_by_cause_retries_after_its_own_wait(queue: Queue, completing: Completing):
    rules = [{"causes": ["oom"], "action": "retry", "backoff": "60s"}]
    completing.policy = Retries.model_validate({"rules": rules})
    await queue.add("run")
    await queue.add_agent()

    assert await completing.run_out_of_memory(await queue.start()) == RunState.DELAYED
    queue.clock.advance(59)
    assert (await queue.runs.promote_delayed(10))[0] == 0
    queue.clock.advance(1)
    assert (await queue.runs.promote_delayed(10))[0] == 1


async def test_run_remembers_the_hosts_that_failed_it(queue: Queue, completing: Completing):
    await queue.add("run")
    for host in ("a", "b"):
        await queue.add_agent(host)

    for host in ("a", "b", "a"):
        # Avoided hosts are taken again by what has waited long.
        queue.clock.advance(SPILL_SECONDS)
        await completing.fail_on(host)
        await completing.wait_out_backoff()

    assert (await queue.fields("run"))["avoid"] == "b,a"
    assert (await document(queue)).avoid == ["b", "a"]
    assert [event["avoid"] for event in await queue.events() if "avoid" in event] == [
        "a",
        "a,b",
        "b,a",
    ]


@pytest.mark.parametrize(
    ("state", "cause", "is_of_host"),
    [
        (AttemptState.FAILED, Cause.USER_ERROR, True),
        (AttemptState.RETURNED, Cause.INFRA, True),
        (AttemptState.PREEMPTED, Cause.HOST, True),
        (AttemptState.FAILED, Cause.INFRA, False),
    ],
)
async def test_what_is_not_the_hosts_fault_is_not_remembered(
    queue: Queue,
    completing: Completing,
    state: AttemptState,
    cause: Cause,
    is_of_host: bool,
):
    await queue.add("run")
    await queue.add_agent()

    await completing.report(await queue.start(), state, cause, is_of_host=is_of_host)

    assert (await document(queue)).avoid == []


async def test_run_that_fails_on_three_hosts_is_held_and_released_afresh(
    queue: Queue, completing: Completing
):
    completing.policy = Retries(infra=3)
    await queue.add("run")
    for host in ("a", "b", "c"):
        await queue.add_agent(host)

    for host in ("a", "b"):
        assert await completing.fail_on(host) == RunState.DELAYED
        await completing.wait_out_backoff()
    assert await completing.fail_on("c") == RunState.HELD

    assert await queue.lease("a", maximum=16) == []
    assert (await document(queue)).reason == (
        "Broken. Held, because it failed on 3 different hosts (a, b, c) for causes that are not "
        "its command's; release it to try again."
    )
    assert await queue.runs.release(["run"]) == ["queued"]
    assert (await document(queue)).avoid == []
    for host in ("a", "b"):
        assert await completing.fail_on(host) == RunState.DELAYED
        await completing.wait_out_backoff()
    assert await completing.fail_on("c") == RunState.HELD


async def test_lost_agents_count_as_hosts_that_failed_the_run(queue: Queue, completing: Completing):
    await queue.add("run")
    for host in ("a", "b", "c"):
        await queue.add_agent(host)
        await queue.start(host)
        await completing.completer.lose_attempts(host, reason="Gone.", is_proven=True)
        await completing.wait_out_backoff()

    assert await queue.state("run") == "held"
