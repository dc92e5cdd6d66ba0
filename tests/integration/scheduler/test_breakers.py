"""Versions of jobs whose attempts keep failing for causes that are not their own."""

from pathlib import Path

import pytest

from mlmon_scheduler.adapters.redis.breaker_store import RedisBreakerStore
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.manage_breakers import BreakerManager
from mlmon_shared.errors import NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import AttemptState, Cause
from tests.integration.scheduler.completing import Completing
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.recording import recorder

OPERATOR = Principal(token_id="token", name="olga", scopes=frozenset())
SUCCESS, USER, INFRA = "success", "user", "infra"


class Judged:
    """A job whose attempts end as a test says, and its breaker."""

    def __init__(self, queue: Queue, folder: Path) -> None:
        self.queue = queue
        self.completing = Completing(queue, folder)
        scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
        self.manager = BreakerManager(
            RedisBreakerStore(queue.redis, scripts), recorder(scripts, queue.runs)
        )
        self._number = 0

    async def end(self, *outcomes: str) -> None:
        for outcome in outcomes:
            self._number += 1
            run_id = f"run-{self._number}"
            await self.queue.add(run_id)
            granted = await self.queue.start()
            if outcome == SUCCESS:
                await self.completing.report(granted, AttemptState.SUCCEEDED)
            elif outcome == USER:
                await self.completing.report(granted, cause=Cause.USER_ERROR)
            elif outcome == INFRA:
                await self.completing.report(granted, cause=Cause.DISK, reason="Full.")
            else:
                await self.completing.report(granted, AttemptState(outcome), Cause.HOST)
            await self.queue.runs.cancel([run_id], "The test is done with it.")


@pytest.fixture
async def judged(queue: Queue, tmp_path: Path) -> Judged:
    await queue.add_agent()
    return Judged(queue, tmp_path)


async def test_breaker_opens_when_half_of_the_last_twenty_failed_for_infra_causes(
    queue: Queue, judged: Judged
):
    await judged.end(INFRA, *[SUCCESS] * 5, *[USER] * 5, *[INFRA] * 8)
    assert await judged.manager.list_breakers() == []

    await judged.end(INFRA)

    (breaker,) = await judged.manager.list_breakers()
    assert await judged.manager.get_breaker("job", 1) == breaker
    with pytest.raises(NotFoundError, match="the breaker of version 2 of job is not open"):
        await judged.manager.get_breaker("job", 2)
    assert (breaker.job, breaker.version) == ("job", 1)
    assert breaker.opened_at == queue.clock.now()
    assert breaker.reason == (
        "10 of the last 20 attempts failed for causes that are not the command's. The last: Full."
    )
    (event,) = await queue.events("breaker")
    assert (event["id"], event["state"], event["reason"]) == ("job:1", "open", breaker.reason)
    assert (await queue.redis.hget(key("breaker", "job", 1), "state")) == "open"


async def test_breaker_that_a_success_opens_tells_of_the_last_failure(judged: Judged):
    await judged.end(*[INFRA] * 10, *[SUCCESS] * 10)

    (breaker,) = await judged.manager.list_breakers()

    assert breaker.reason.endswith("The last: Full.")


async def test_old_failures_fall_out_of_the_count(queue: Queue, judged: Judged):
    await judged.end(*[INFRA] * 9, *[SUCCESS] * 11, *[INFRA] * 9)
    assert await judged.manager.list_breakers() == []

    await judged.end(*[SUCCESS] * 20)

    assert await queue.redis.exists(key("breaker", "job", 1)) == 0


async def test_attempts_that_were_not_carried_through_do_not_count(judged: Judged):
    await judged.end(*[INFRA] * 9, *["preempted", "returned"] * 6, *[SUCCESS] * 10)

    assert await judged.manager.list_breakers() == []


async def test_job_that_never_fails_leaves_nothing(queue: Queue, judged: Judged):
    await judged.end(SUCCESS, USER)

    assert await queue.redis.exists(key("breaker", "job", 1)) == 0


async def test_open_breaker_stays_open_until_it_is_closed(queue: Queue, judged: Judged):
    await judged.end(*[INFRA] * 20)
    assert len(await judged.manager.list_breakers()) == 1
    await queue.add("waiting")
    assert await queue.lease() == []
    assert await queue.state("waiting") == "parked"

    await judged.manager.close_breaker("job", 1, OPERATOR)

    assert await judged.manager.list_breakers() == []
    with pytest.raises(NotFoundError, match="the breaker of version 1 of job is not open"):
        await judged.manager.close_breaker("job", 1, OPERATOR)
    await judged.end(*[INFRA] * 19)
    assert await judged.manager.list_breakers() == []
    assert [event["state"] for event in await queue.events("breaker")] == ["open", "closed"]


async def test_result_that_is_sent_again_counts_once(queue: Queue, judged: Judged):
    await queue.add("run")
    granted = await queue.start()
    for _ in range(3):
        await judged.completing.report(granted, cause=Cause.DISK)

    assert await queue.redis.hget(key("breaker", "job", 1), "recent") == "i"
