from collections.abc import Mapping

import pytest

from mlmon_scheduler.application.plan_reservations import ReservationPlanner
from mlmon_scheduler.application.stored import AttemptEnding
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import AttemptState, RunState
from tests.integration.scheduler.conftest import Queue

AFTER_SECONDS = 300.0
LARGE = Vector(cpu_milli=2000, memory=2**30)


@pytest.fixture
def planner(queue: Queue) -> ReservationPlanner:
    return ReservationPlanner(queue.runs, queue.facts, queue.order, after_seconds=AFTER_SECONDS)


async def fill(queue: Queue, agent: str, *, estimate: float = 3600.0, gpus: int = 0) -> None:
    """Have an agent of two slots run two small runs."""
    await queue.add_agent(agent, patience=10_000.0, gpus=gpus)
    for slot in ("a", "b"):
        await queue.add(f"{agent}-{slot}", estimate=estimate, p90=2 * estimate)
        await queue.start(agent)


def ending(fields: Mapping[str, str]) -> AttemptEnding:
    return AttemptEnding(
        fields["id"],
        int(fields["attempt"]),
        fields["fence"],
        fields["rv"],
        AttemptState.SUCCEEDED,
        RunState.SUCCEEDED,
    )


async def test_run_that_waits_long_gets_the_agent_that_is_free_first(
    queue: Queue, planner: ReservationPlanner
):
    await fill(queue, "slow", estimate=7200.0)
    await fill(queue, "quick", estimate=1800.0)
    await queue.add("large", shape=LARGE)
    assert await planner.plan() == []

    queue.clock.advance(AFTER_SECONDS)
    (planned,) = await planner.plan()

    assert (planned.run_id, planned.agent_id) == ("large", "quick")
    assert planned.room_at_ms == queue.clock.now_ms() + (1800 - 300) * 1000
    assert await planner.plan() == [planned]


async def test_agent_whose_gpu_is_in_quarantine_is_kept_for_no_run_that_needs_it(
    queue: Queue, planner: ReservationPlanner
):
    await fill(queue, "slow", estimate=7200.0, gpus=2)
    await fill(queue, "quick", estimate=1800.0, gpus=2)
    await queue.add("large", shape=LARGE.model_copy(update={"gpus": 2}))
    await queue.leases.beat(
        "quick",
        "session-quick",
        [],
        deadline_seconds=10_000,
        is_draining=False,
        gpu_faults={"GPU-1": "it is lost"},
    )
    queue.clock.advance(AFTER_SECONDS)
    (planned,) = await planner.plan()

    assert (planned.run_id, planned.agent_id) == ("large", "slow")


async def test_only_what_ends_in_time_goes_before_it(queue: Queue, planner: ReservationPlanner):
    await fill(queue, "agent", estimate=1800.0)
    await queue.add("large", shape=LARGE, client="other")
    queue.clock.advance(AFTER_SECONDS)
    await planner.plan()
    run = await queue.runs.find_run("agent-a")
    assert run is not None
    await queue.order.configure_clients([ClientLimits("acme", 1000.0, 0)])
    held = run.fields
    await queue.add("long", estimate=1200.0, p90=3000.0)
    await queue.add("short", estimate=600.0, p90=900.0)
    await queue.complete(ending(held))

    assert [granted.run_id for granted in await queue.lease("agent", maximum=4)] == ["short"]


async def test_reserved_run_starts_as_soon_as_there_is_room(
    queue: Queue, planner: ReservationPlanner
):
    await fill(queue, "agent", estimate=1800.0)
    await queue.add("large", shape=LARGE, priority=0, client="other")
    queue.clock.advance(AFTER_SECONDS)
    await planner.plan()
    for number in range(3):
        await queue.add(f"long-{number}", priority=1000, estimate=9000.0)
    for name in ("agent-a", "agent-b"):
        assert await queue.lease("agent", maximum=4) == []
        run = await queue.runs.find_run(name)
        assert run is not None
        await queue.complete(ending(run.fields))

    assert [granted.run_id for granted in await queue.lease("agent", maximum=4)] == ["large"]
    assert await planner.plan() == []


async def test_reservation_ends_with_its_run(queue: Queue, planner: ReservationPlanner):
    await fill(queue, "agent")
    await queue.add("large", shape=LARGE)
    queue.clock.advance(AFTER_SECONDS)
    await planner.plan()
    await queue.runs.cancel(["large"], "Cancelled.")
    await queue.add("small", estimate=9000.0)
    run = await queue.runs.find_run("agent-a")
    assert run is not None
    await queue.complete(ending(run.fields))

    assert [granted.run_id for granted in await queue.lease("agent", maximum=4)] == ["small"]
    assert await queue.facts.read_reservations() == {}


async def test_at_most_a_quarter_of_the_agents_is_kept(queue: Queue, planner: ReservationPlanner):
    for number in range(8):
        await fill(queue, f"agent-{number}")
    for number in range(5):
        shape = Vector(cpu_milli=1500 + number, memory=2**30)
        await queue.add(f"large-{number}", shape=shape)
    queue.clock.advance(AFTER_SECONDS)

    planned = await planner.plan()

    assert len(planned) == 2
    assert len({reservation.agent_id for reservation in planned}) == 2


async def test_what_no_agent_is_large_enough_for_keeps_none(
    queue: Queue, planner: ReservationPlanner
):
    await fill(queue, "agent")
    await queue.add("huge", shape=Vector(cpu_milli=64_000, memory=2**30))
    queue.clock.advance(AFTER_SECONDS)

    assert await planner.plan() == []


async def test_each_pool_has_its_own_share_of_agents_that_are_kept(
    queue: Queue, planner: ReservationPlanner
):
    for pool in ("cpu", "gpu"):
        await queue.add_agent(pool, pool=pool, patience=10_000.0)
        for slot in ("a", "b"):
            await queue.add(f"{pool}-{slot}", pools=[pool], estimate=3600.0, p90=7200.0)
            await queue.start(pool)
        await queue.add(f"large-{pool}", pools=[pool], shape=LARGE, client=pool)
    queue.clock.advance(AFTER_SECONDS)

    planned = await planner.plan()

    assert {(each.run_id, each.agent_id) for each in planned} == {
        ("large-cpu", "cpu"),
        ("large-gpu", "gpu"),
    }
