from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_worker_agent.domain.diagnoses import (
    are_well,
    as_text,
    diagnose_clock,
    diagnose_disk,
    diagnose_gpus,
)
from mlmon_worker_agent.domain.gpus import Gpu

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MIB = 2**20


@pytest.mark.parametrize("skew", [-6, -5, 0, 5])
def test_a_clock_that_is_nearly_the_server_s_is_well(skew):
    told = diagnose_clock(NOW + timedelta(seconds=skew), NOW, NOW + timedelta(seconds=0.2))

    assert told.verdict is Verdict.OK


@pytest.mark.parametrize(("skew", "words"), [(90, "90 s behind"), (-91, "90 s ahead of")])
def test_a_clock_that_is_not_is_wrong_with_the_remedy(skew, words):
    told = diagnose_clock(NOW + timedelta(seconds=skew), NOW, NOW)

    assert told.verdict is Verdict.WRONG
    assert words in told.detail
    assert "timedatectl" in told.detail


def test_a_slow_answer_is_no_skew():
    told = diagnose_clock(NOW + timedelta(seconds=20), NOW, NOW + timedelta(seconds=40))

    assert told.verdict is Verdict.OK


def test_a_server_without_time_is_a_note():
    assert diagnose_clock(None, NOW, NOW).verdict is Verdict.NOTE


@pytest.mark.parametrize(
    ("free", "verdict"),
    [
        (31 * MIB, Verdict.WRONG),
        (32 * MIB, Verdict.NOTE),
        (1023 * MIB, Verdict.NOTE),
        (1024 * MIB, Verdict.OK),
    ],
)
def test_disk_is_judged_by_what_an_agent_takes(free, verdict):
    assert diagnose_disk(Path("/scratch"), free).verdict is verdict


@pytest.mark.parametrize(
    ("count", "wanted", "trouble", "verdict"),
    [
        (0, None, None, Verdict.OK),
        (0, 0, "mismatch", Verdict.OK),
        (0, None, "mismatch", Verdict.WRONG),
        (0, 2, None, Verdict.WRONG),
        (1, 2, None, Verdict.WRONG),
        (2, None, None, Verdict.OK),
        (2, 1, None, Verdict.OK),
    ],
)
def test_gpus_need_a_driver_that_works(count, wanted, trouble, verdict):
    gpus = [Gpu(index, f"GPU-{index}", "NVIDIA L4", 2**34, "580") for index in range(count)]
    told = diagnose_gpus(gpus, {}, wanted=wanted, trouble=trouble)

    assert told.verdict is verdict
    assert ("or set MLMON_AGENT_GPUS=0" in told.detail) is (verdict is Verdict.WRONG)


def test_gpu_that_is_not_well_is_named():
    gpus = [Gpu(index, f"GPU-{index}", "NVIDIA L4", 2**34, "580") for index in range(2)]
    told = diagnose_gpus(gpus, {"GPU-1": "it is lost"}, wanted=None, trouble=None)

    assert told.verdict is Verdict.WRONG
    assert told.detail.startswith("GPU 1 (NVIDIA L4, GPU-1): it is lost; reset it")


def test_only_what_is_wrong_makes_a_host_unwell():
    found = [Diagnosis("engine", Verdict.NOTE, "none"), Diagnosis("disk", Verdict.OK, "much")]
    assert are_well(found)

    assert not are_well([*found, Diagnosis("token", Verdict.WRONG, "unknown")])


def test_text_has_columns():
    found = [Diagnosis("engine", Verdict.NOTE, "none"), Diagnosis("gpu", Verdict.WRONG, "x")]

    assert as_text(found) == "note   engine  none\nwrong  gpu     x\n"
