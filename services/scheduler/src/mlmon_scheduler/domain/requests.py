"""What a run asks of a host, when that changes between its attempts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlmon_scheduler.domain.shapes import cell_of, explain_misfit, reshape
from mlmon_shared.jobs.admissions import explain_refused_amounts
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources


@dataclass(frozen=True)
class Growth:
    """A larger request for the next attempt.

    Attributes:
        resources: What it would ask for.
        misfit: Why no allowed pool could ever take it; empty when one could.
    """

    resources: Resources
    misfit: str = ""


def grow_memory(resources: Resources, factor: float, pools: Sequence[Pool]) -> Growth:
    """Return the request with that multiple of its memory, rounded up to a byte.

    Args:
        resources: Of the attempt that ended.
        factor: Over 1.
        pools: Those that may run the job.
    """
    grown = resources.model_copy(update={"memory": math.ceil(resources.memory * factor)})
    return Growth(grown, explain_misfit(grown, pools) or _explain_refusals(grown, pools))


def _explain_refusals(grown: Resources, pools: Sequence[Pool]) -> str:
    fitting = [pool for pool in pools if explain_misfit(grown, [pool]) is None]
    refusals = [explain_refused_amounts(pool, grown) for pool in fitting]
    return "" if None in refusals else "; ".join(str(refusal) for refusal in refusals)


def request_fields(resources: Resources, shape: str) -> Mapping[str, str]:
    """Return the fields of a run's hash that say what it asks for.

    Args:
        resources: Asked for from now on.
        shape: Of the run so far, for the labels that it requires.
    """
    reshaped = reshape(shape, resources)
    return {
        "resources": resources.model_dump_json(),
        "shape": reshaped,
        "cell": cell_of(reshaped),
    }
