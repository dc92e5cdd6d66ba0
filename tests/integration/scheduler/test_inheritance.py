from mlmon_scheduler.application.stored import NewGroup
from tests.integration.scheduler.conftest import Queue


async def inherit(queue: Queue) -> None:
    while (await queue.order.inherit(100))[1]:
        pass


async def test_parent_rises_to_the_priority_of_what_waits_on_it(queue: Queue):
    await queue.add("parent", priority=0)
    await queue.add("other", priority=50)
    await queue.add("child", priority=100, edges=[("parent", "succeeded")])
    await queue.add_agent()
    await inherit(queue)

    assert [run.run_id for run in await queue.lease(maximum=2)] == ["parent", "other"]
    assert (await queue.fields("parent"))["priority"] == "0"


async def test_whole_chain_rises(queue: Queue):
    await queue.add("other", lane="high")
    await queue.add("a", lane="low")
    for before, name in ("ab", "bc", "cd"):
        await queue.add(name, lane="low", edges=[(before, "succeeded")])
    await queue.add("urgent", lane="critical", edges=[("d", "succeeded")])
    await queue.add_agent(slots=1)
    await inherit(queue)

    order = [await queue.run_to_end() for _ in range(6)]

    assert order == ["a", "b", "c", "d", "urgent", "other"]


async def test_delayed_parent_keeps_what_it_inherited(queue: Queue):
    await queue.add("parent", priority=0, not_before=queue.clock.now_ms() + 5000)
    await queue.add("other", priority=50)
    await queue.add("child", priority=900, edges=[("parent", "succeeded")])
    await queue.add_agent(slots=1)
    await inherit(queue)
    queue.clock.advance(6)
    await queue.runs.promote_delayed(10)

    assert await queue.run_to_end() == "parent"


async def test_changed_priority_is_inherited_too(queue: Queue):
    await queue.add("parent", priority=0)
    await queue.add("other", priority=50)
    await queue.add("child", priority=0, edges=[("parent", "succeeded")])
    await queue.add_agent(slots=1)
    await queue.runs.reprioritise(["child"], 500)
    await inherit(queue)

    assert await queue.run_to_end() == "parent"


async def test_lowered_priority_stays_above_what_was_inherited(queue: Queue):
    await queue.add("parent", priority=40)
    await queue.add("child", priority=90, edges=[("parent", "succeeded")])
    await inherit(queue)
    await queue.runs.reprioritise(["parent"], 10)

    fields = await queue.fields("parent")

    assert (fields["priority"], fields["effective_priority"]) == ("10", "90")


async def test_parked_parent_rises_at_its_gate(queue: Queue):
    gate = "job:job=1/1;"
    await queue.add("holder", gates=gate)
    await queue.add_agent(slots=8)
    holder = await queue.start()
    await queue.add("first", gates=gate)
    await queue.add("second", gates=gate)
    await queue.add("child", priority=900, edges=[("second", "succeeded")])
    await inherit(queue)

    await queue.end(holder)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["second"]


async def test_members_of_a_group_rise_with_what_fans_in_over_them(queue: Queue):
    await queue.open_batch("batch", 3, [NewGroup("group", "job", 2, 100.0)])
    for name in ("one", "two"):
        await queue.add(name, priority=0, batch="batch", groups=["group"])
    await queue.add("report", priority=700, batch="batch", edges=[("g:group", "succeeded")])
    await queue.add("other", priority=300)
    await queue.add_agent(slots=1)
    await inherit(queue)

    assert [await queue.run_to_end() for _ in range(2)] == ["one", "two"]
