from mlmon_scheduler.application.expected_starts import (
    Span,
    slots_on,
    start_within_quota,
    when_enough_end,
    when_last_ends,
)
from mlmon_scheduler.application.explain_edges import explain_edge
from mlmon_scheduler.application.queue_facts import AgentFacts, HeldAttempt, OpenEdge
from mlmon_scheduler.domain.durations import Estimate
from mlmon_scheduler.domain.placements import explain_room
from mlmon_scheduler.domain.quotas import ResourceQuota
from mlmon_shared.wire.agent_protocol import Vector

_CORE = Vector(cpu_milli=1000, memory=2**30)
_HALF_MINUTE = HeldAttempt(0, 30.0, 40.0, _CORE)
_MINUTE = HeldAttempt(0, 60.0, 80.0, _CORE)


def _host(*held: HeldAttempt) -> AgentFacts:
    used = Vector()
    for attempt in held:
        used = used.plus(attempt.vector)
    capacity = Vector(cpu_milli=4000, memory=4 * 2**30)
    return AgentFacts("a1", "cpu", "h1", "", capacity, used, is_open=True, held=held)


def test_exclusive_run_starts_when_the_host_is_empty_though_there_is_room():
    host = _host(_HALF_MINUTE, _MINUTE)

    assert slots_on("c1000m1g0d0x", [host], 0) == [(60.0, 80.0)]
    assert slots_on("c1000m1g0d0x", [_host()], 0) == [(0.0, 0.0)]
    assert slots_on("c1000m1g0d0", [host], 0)[0] == (0.0, 0.0)


def test_large_run_waits_until_enough_of_the_host_is_free():
    host = _host(_HALF_MINUTE, _MINUTE, _MINUTE)

    assert slots_on("c2000m1g0d0", [host], 0) == [(30.0, 40.0), (60.0, 80.0)]
    assert slots_on("c4000m1g0d0", [host], 0) == [(60.0, 80.0)]


def test_run_for_which_there_is_no_room_is_told_what_it_asks_for():
    one, two = [_host()], [_host(), _host()]

    said = [explain_room(shape, hosts, None).detail for shape in ("c1m1g0d0", "c1m1g0d0x")
            for hosts in (one, two)]  # fmt: skip

    assert said == [
        "One agent could take it, h1, and it has no room now.",
        "2 agents could take it and none has room now.",
        "One agent could take it, h1, and it is not empty now; its job asks for a host of its own.",
        "2 agents could take it and none is empty now; its job asks for a host of its own.",
    ]
    assert explain_room("c1m1g0d0", one, "h1").detail.endswith("now; h1 is kept for it.")


def test_client_at_its_quota_goes_on_when_enough_of_it_has_ended():
    estimate = Estimate(10.0, 10.0, 20.0)
    held = [_MINUTE, _HALF_MINUTE]

    def start(cores: int, before: int) -> Span | None:
        quota = ResourceQuota(cpu_milli=2000)
        needed = Vector(cpu_milli=cores * 1000)
        return start_within_quota(quota, needed, held, 0, before=before, estimate=estimate)

    assert start(1, 0) == Span(30.0, 40.0)
    assert start(1, 1) == Span(40.0, 60.0)
    assert start(2, 0) == Span(60.0, 80.0)


def test_quota_of_runs_lets_one_start_when_one_ends():
    estimate = Estimate(10.0, 10.0, 20.0)

    held = [_MINUTE, _HALF_MINUTE]
    found = start_within_quota(ResourceQuota(), _CORE, held, 0, before=0, estimate=estimate)

    assert found == Span(30.0, 40.0)


def test_only_as_many_ends_are_waited_for_as_the_join_needs():
    ends = [Span(30.0, 40.0), None, Span(10.0, 90.0)]

    assert when_enough_end(ends, 1) == Span(10.0, 40.0)
    assert when_enough_end(ends, 2) == Span(30.0, 90.0)
    assert when_enough_end(ends, 3) is None


def test_last_end_of_many_is_later_than_the_last_of_a_sample():
    sample = [Span(30.0, 40.0), Span(60.0, 70.0), Span(10.0, 90.0)]

    assert when_last_ends(sample, 3) == Span(60.0, 90.0)
    assert when_last_ends(sample, 300) == Span(80.0, 120.0)
    assert when_last_ends([], 3) is None


def test_fan_in_says_how_many_have_to_succeed():
    group = {"job": "score", "expected": "5", "final": "3", "succeeded": "2", "percent": "60.0"}

    detail = explain_edge(OpenEdge("g:group", "succeeded", group), "acme").detail

    assert detail == (
        "It waits for the runs of score in its batch: 3 of 5 are final, 2 of them succeeded, and 3 "
        "have to (60 %)."
    )
