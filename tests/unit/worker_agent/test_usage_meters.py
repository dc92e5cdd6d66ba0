"""Looks at an attempt become what it used."""

from mlmon_worker_agent.domain.usage_meters import Look, UsageMeter


def metered(*looks: Look) -> dict[str, float | int]:
    meter = UsageMeter()
    for look in looks:
        meter.add(look)
    return meter.facts()


def test_nothing_seen_is_nothing_known() -> None:
    assert metered() == {}


def test_one_look_tells_no_means() -> None:
    assert metered(Look(5.0, 100, 0.5)) == {"peak_memory": 100, "cpu_seconds": 0.5}


def test_memory_is_weighed_by_time() -> None:
    facts = metered(Look(0.0, 0, 0.0), Look(1.0, 100, 0.0), Look(4.0, 100, 0.0))

    assert (facts["peak_memory"], facts["mean_memory"]) == (100, 88)


def test_most_cores_are_those_of_a_second() -> None:
    # Three cores for 50 ms are counted with the second around them.
    looks = [Look(0.0, 1, 0.0), Look(0.05, 1, 0.15), Look(1.0, 1, 0.5), Look(2.0, 1, 2.5)]
    facts = metered(*looks, Look(10.0, 1, 2.5))

    assert (facts["peak_cpu"], facts["mean_cpu"]) == (2.0, 0.25)


def test_less_than_a_second_has_its_mean_as_its_most() -> None:
    facts = metered(Look(0.0, 1, 0.0), Look(0.5, 1, 0.4))

    assert (facts["peak_cpu"], facts["mean_cpu"]) == (0.8, 0.8)


def test_counter_that_falls_back_or_is_missing_stays() -> None:
    facts = metered(
        Look(0.0, 1, 1.0, disk_read=10, disk_written=5, network_received=7),
        Look(1.0, 1, 0.9, disk_read=4, disk_written=8, network_sent=3),
    )

    assert facts["cpu_seconds"] == 1.0
    assert (facts["disk_read"], facts["disk_written"]) == (10, 8)
    assert (facts["network_received"], facts["network_sent"]) == (7, 3)


def test_peak_between_two_looks_counts() -> None:
    meter = UsageMeter()
    meter.add(Look(0.0, 10, 0.0))
    meter.note_peak_memory(50)
    meter.add(Look(1.0, 20, 0.0))

    assert meter.facts()["peak_memory"] == 50
