import pytest

from mlmon_scheduler.domain.shapes import band_of, class_of, explain_misfit, vector_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources

GIB = 2**30
SMALL = Pool(name="small", resources=Resources(cpu=2, memory=4 * GIB))
GPU = Pool(name="gpu", resources=Resources(cpu=8, memory=32 * GIB, gpus=1, disk=100 * GIB))


@pytest.mark.parametrize(
    "vector",
    [Vector(), Vector(cpu_milli=1500, memory=GIB), Vector(cpu_milli=1, memory=2, gpus=3, disk=4)],
)
def test_band_names_its_vector(vector: Vector):
    assert vector_of(band_of(vector)) == vector


def test_different_vectors_have_different_bands():
    vectors = [Vector(cpu_milli=1), Vector(memory=1), Vector(gpus=1), Vector(disk=1)]

    assert len({band_of(vector) for vector in vectors}) == 4


@pytest.mark.parametrize("band", ["", "c1m1g1", "c1m1g1d1 ", "c-1m1g1d1", "c1m1g1dx"])
def test_other_text_is_no_band(band: str):
    with pytest.raises(ValueError, match="is not a band"):
        vector_of(band)


def test_class_keeps_the_order_of_preference():
    assert class_of(["highmem", "cpu"]) == "highmem,cpu"
    assert class_of([]) == "*"


def test_resources_that_fit_one_pool_are_no_misfit():
    assert explain_misfit(Resources(gpus=1), [SMALL, GPU]) is None


def test_resources_of_exactly_the_host_fit():
    assert explain_misfit(SMALL.resources, [SMALL]) is None


def test_misfit_names_the_pool_that_lacks_least_and_all_that_it_lacks():
    wanted = Resources(cpu=16, memory=64 * GIB, gpus=1)

    assert explain_misfit(wanted, [SMALL, GPU]) == (
        "no host is large enough; the nearest is pool gpu, which has 8 cores where 16 are asked "
        "for and has 32 GiB of memory where 64 GiB are asked for"
    )


def test_misfit_names_gpus_and_disk():
    wanted = Resources(gpus=2, disk=200 * GIB)

    assert explain_misfit(wanted, [GPU]) == (
        "no host is large enough; the nearest is pool gpu, which has 1 GPUs where 2 are asked "
        "for and has 100 GiB of disk where 200 GiB are asked for"
    )


def test_resources_of_two_hosts_do_not_add_up():
    wanted = Resources(cpu=8, memory=64 * GIB)
    wide = Pool(name="wide", resources=Resources(cpu=64, memory=GIB))
    tall = Pool(name="tall", resources=Resources(cpu=1, memory=512 * GIB))

    assert explain_misfit(wanted, [wide, tall]) is not None


def test_misfit_without_any_pool_says_how_to_make_one():
    assert explain_misfit(Resources(), []) == (
        "there is no pool yet; create one with PUT /v1/pools/<name>"
    )
