import json
from collections.abc import Sequence

import pytest

from mlmon_scheduler.application.stored import Left
from mlmon_scheduler.domain.shapes import offered_labels
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.conftest import SPILL_SECONDS, Queue


async def test_exclusive_run_takes_an_empty_host_whole(queue: Queue):
    await queue.add("small")
    await queue.add("alone", demands="x", priority=0)
    await queue.add_agent("busy", slots=4)
    await queue.add_agent("empty", slots=4)
    assert [run.run_id for run in await queue.lease("busy")] == ["small"]

    assert await queue.lease("busy") == []
    (granted,) = await queue.lease("empty")

    assert granted.run_id == "alone"
    assert granted.vector == Vector(cpu_milli=4000, memory=4 * 2**30)
    await queue.add("later")
    assert await queue.lease("empty") == []


async def test_one_call_gives_no_second_run_beside_an_exclusive_one(queue: Queue):
    await queue.add("alone", demands="x", priority=1000)
    await queue.add("small")
    await queue.add_agent(slots=4)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["alone"]


async def test_required_labels_choose_the_agent(queue: Queue):
    demands = "@disk:nvme"
    await queue.add("run", demands=demands)
    await queue.add_agent("plain")
    await queue.add_agent("fast")
    offered = offered_labels({"disk": "nvme", "zone": "b"}, {"zone": "a"})
    await queue.redis.hset(
        "{s0}:agent:fast", mapping={"labels": json.dumps({"disk": "nvme"}), "offered": offered}
    )

    assert await queue.lease("plain") == []
    assert [run.run_id for run in await queue.lease("fast")] == ["run"]


async def test_host_that_failed_a_run_is_avoided_for_a_while(queue: Queue):
    await queue.add("run", avoid="agent")
    await queue.add_agent("agent")
    await queue.add_agent("other")

    assert await queue.lease("agent") == []
    queue.clock.advance(SPILL_SECONDS)
    assert [run.run_id for run in await queue.lease("agent")] == ["run"]


async def test_run_that_avoids_a_host_lets_the_next_pass(queue: Queue):
    await queue.add("avoiding", avoid="agent")
    await queue.add("next")
    await queue.add_agent("agent")
    await queue.add_agent("other")

    assert [run.run_id for run in await queue.lease("agent", maximum=16)] == ["next"]
    assert await queue.state("avoiding") == "queued"


async def test_host_that_failed_a_run_is_taken_where_there_is_no_other(queue: Queue):
    await queue.add("run", avoid="agent")
    await queue.add_agent("agent")

    assert [run.run_id for run in await queue.lease("agent")] == ["run"]


@pytest.mark.parametrize("pools", [["cpu"], ["cpu", "spare"]])
async def test_host_that_failed_a_run_is_taken_where_no_other_could_take_it(
    queue: Queue, pools: Sequence[str]
):
    await queue.add("run", avoid="agent", pools=pools, shape=Vector(cpu_milli=2000, memory=2**30))
    await queue.add_agent("agent")
    await queue.add_agent("elsewhere", pool="gpu")
    await queue.add_agent("too-small", slots=1)
    await queue.add_agent("drained")
    await queue.leases.drain_agent("drained", "ada")

    assert [run.run_id for run in await queue.lease("agent")] == ["run"]


async def test_host_that_failed_a_run_is_avoided_while_a_busy_one_could_take_it(queue: Queue):
    await queue.add("other-run")
    await queue.add_agent("agent")
    await queue.add_agent("busy", slots=1, pool="spare")
    await queue.lease("busy")
    await queue.add("run", avoid="agent", pools=["cpu", "spare"])

    assert await queue.lease("agent") == []


async def test_answer_tells_whether_anything_is_left_for_others(queue: Queue):
    await queue.add_agent(slots=1)
    assert (await queue.ask()).left is Left.NOTHING
    await queue.add("small")
    await queue.add("large", shape=Vector(cpu_milli=8000, memory=2**30))

    first, second = await queue.ask(), await queue.ask()

    assert [run.run_id for run in first.runs] == ["small"]
    assert (second.runs, second.left) == ([], Left.SOMETHING)
    assert (await queue.ask(maximum=0)).left is Left.UNKNOWN


async def test_run_whose_image_is_on_the_host_goes_before_its_equals(queue: Queue):
    for name, image in (("a", "far"), ("b", "far"), ("c", "near"), ("d", "near")):
        await queue.add(name, image=image)
    await queue.add_agent(slots=4)

    granted = [run.run_id for run in await queue.lease(maximum=4, images=["near", "other"])]

    # Three are looked at: once c is gone, d is among them.
    assert granted == ["c", "d", "a", "b"]


async def test_image_decides_nothing_for_an_agent_that_names_none(queue: Queue):
    await queue.add("first", image="far")
    await queue.add("second", image="near")
    await queue.add_agent()

    assert [run.run_id for run in await queue.lease()] == ["first"]


async def test_image_does_not_go_before_priority(queue: Queue):
    await queue.add("urgent", image="far", priority=51)
    await queue.add("next", image="near")
    await queue.add_agent()

    assert [run.run_id for run in await queue.lease(images=["near"])] == ["urgent"]


async def test_image_does_not_go_before_another_client(queue: Queue):
    await queue.add("busy", client="acme")
    await queue.add_agent(slots=3)
    await queue.start()
    await queue.add("near", client="acme", image="near")
    await queue.add("far", client="bolt", image="far")

    assert [run.run_id for run in await queue.lease(images=["near"])] == ["far"]


async def test_run_is_passed_over_for_want_of_its_image_for_a_while_only(queue: Queue):
    await queue.add("first", image="far")
    queue.clock.advance(SPILL_SECONDS - 10)
    await queue.add("second", image="near")
    await queue.add("third", image="near")
    await queue.add_agent(slots=3)

    assert [run.run_id for run in await queue.lease(images=["near"])] == ["second"]
    queue.clock.advance(10)
    assert [run.run_id for run in await queue.lease(images=["near"])] == ["first"]
