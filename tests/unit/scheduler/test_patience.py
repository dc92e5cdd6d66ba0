from mlmon_scheduler.domain.patience import lost_after, young_lost_after, young_stop_after
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources


def pool(stop_after: float, kill_grace: float) -> Pool:
    return Pool(
        name="cpu", resources=Resources(cpu=1), stop_after=stop_after, kill_grace=kill_grace
    )


def test_what_history_may_not_know_of_stops_within_a_minute():
    assert young_stop_after(pool(600, 10)) == 60
    assert young_stop_after(pool(15, 5)) == 15


def test_agent_is_lost_only_after_its_own_stop_and_the_grace():
    assert lost_after(pool(600, 10)) == 612


def test_the_most_patient_pool_decides_when_nothing_runs_any_more():
    assert young_lost_after([pool(15, 5), pool(600, 10), pool(30, 20)]) == 72
    assert young_lost_after([]) == 62
