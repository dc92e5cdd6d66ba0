import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_scheduler.domain.shapes import (
    cell_of,
    class_of,
    explain_misfit,
    shape_of,
    share_of,
    vector_of,
)
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

GIB = 2**30
SMALL = Pool(name="small", resources=Resources(cpu=2, memory=4 * GIB))
GPU = Pool(name="gpu", resources=Resources(cpu=8, memory=32 * GIB, gpus=1, disk=100 * GIB))


def definition(**fields: object) -> JobDefinition:
    return JobDefinition.model_validate(
        {"name": "job", "image": "image", "command": ["true"], **fields}
    )


def test_shape_has_amounts_a_host_of_its_own_and_labels():
    job = definition(
        resources={"cpu": 1.5, "memory": "1Gi", "gpus": 2, "disk": 7, "exclusive": True},
        requires={"labels": {"zone": "a", "disk": "nvme:2,@"}},
    )

    shape = shape_of(job)

    assert shape == "c1500m1073741824g2d7x@disk:nvme%3A2%2C%40,zone:a"
    assert vector_of(shape) == Vector(cpu_milli=1500, memory=GIB, gpus=2, disk=7)


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        ("c1000m1g0d0", "c1000m1g0d0"),
        ("c5000m7g3d11", "c4000m6g3d8"),
        ("c6000m3221225472g0d0x", "c6000m3221225472g0d0x"),
        ("c250m100g0d0@zone:a", "c250m96g0d0@zone:a"),
        ("c1m1g0d0", "c1m1g0d0"),
        ("c740m1g0d0", "c500m1g0d0"),
    ],
)
def test_cell_is_the_lower_bound_on_the_grid(asked: str, cell: str):
    assert cell_of(asked) == cell


@given(cpu_milli=st.integers(1, 10**6), memory=st.integers(1, 2**50), disk=st.integers(0, 2**50))
def test_no_cell_is_above_its_shape_or_under_its_half(cpu_milli: int, memory: int, disk: int):
    cell = vector_of(cell_of(f"c{cpu_milli}m{memory}g1d{disk}"))

    for rounded, asked in ((cell.cpu_milli, cpu_milli), (cell.memory, memory), (cell.disk, disk)):
        assert asked / 2 - 1 < rounded <= asked


@pytest.mark.parametrize("shape", ["", "c1m1g1", "c1m1g1d1 ", "c-1m1g1d1", "c1m1g1dx", "c1m1g1d1@"])
def test_other_text_is_no_shape(shape: str):
    with pytest.raises(ValueError, match="is not a shape"):
        vector_of(shape)


def test_share_is_the_largest_part_of_the_largest_hosts():
    assert share_of(Resources(cpu=2, memory=4 * GIB), [SMALL, GPU]) == 2 / 8
    assert share_of(Resources(cpu=1, memory=24 * GIB), [SMALL, GPU]) == 24 / 32
    assert share_of(Resources(cpu=1, memory=1, gpus=1), [SMALL, GPU]) == 1.0
    assert share_of(Resources(exclusive=True), [SMALL, GPU]) == 1.0
    assert share_of(Resources(), []) == 1.0


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
