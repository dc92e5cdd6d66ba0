from mlmon_scheduler.domain.requests import grow_memory, request_fields
from mlmon_scheduler.domain.shapes import cell_of, vector_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.pools import Admission, Amounts

GIB = 2**30
POOL = Pool(name="cpu", resources=Resources(cpu=8, memory=4 * GIB))


def test_memory_grows_by_the_factor_rounded_up_and_the_rest_stays():
    grown = grow_memory(Resources(cpu=2, memory=1001, gpus=0), 1.5, [POOL])

    assert grown.resources == Resources(cpu=2, memory=1502, gpus=0)
    assert grown.misfit == ""


def test_growth_that_fits_no_pool_says_so():
    grown = grow_memory(Resources(memory=3 * GIB), 1.5, [POOL])

    assert "no host is large enough; the nearest is pool cpu" in grown.misfit


def test_growth_out_of_what_a_pool_takes_says_so():
    small = POOL.model_copy(update={"takes": Admission(at_most=Amounts(memory=2 * GIB))})
    shaped = POOL.model_copy(
        update={"name": "big", "takes": Admission(shapes=[Amounts(cpu=8, memory=GIB)])}
    )

    grown = grow_memory(Resources(memory=2 * GIB), 1.5, [small, shaped])

    assert "pool cpu takes runs of at most 2 GiB of memory only" in grown.misfit
    assert "pool big takes runs within" in grown.misfit
    assert grow_memory(Resources(memory=2 * GIB), 1.5, [small, shaped, POOL]).misfit == ""
    assert grow_memory(Resources(memory=GIB), 2, [small, shaped]).misfit == ""


def test_fields_of_a_request_give_the_request_back():
    resources = Resources(cpu=0.5, memory=GIB, gpus=1, disk=5)

    fields = request_fields(resources, "c1m1g0d0x@disk:nvme,zone:a")

    assert Resources.model_validate_json(fields["resources"]) == resources
    assert vector_of(fields["shape"]) == Vector.of(resources)
    assert fields["shape"].endswith("d5@disk:nvme,zone:a")
    assert fields["cell"] == cell_of(fields["shape"])
