"""How the runs of several versions of a job went, side by side."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from rich.table import Table

from mlmon.async_clients import AsyncClient
from mlmon.cli.tables import table_of
from mlmon.cli.texts import duration, percentage
from mlmon_shared.jobs.costs import cost_of
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState

RUNS_COMPARED: Final = 200
"""Of each version, the newest."""
_POOLS: Final = 200


@dataclass(frozen=True)
class VersionSummary:
    """What history says of the newest runs of a version.

    Attributes:
        ended: How many of them have ended.
        p50: Seconds that half of the succeeded took at most; None when none succeeded.
        p90: The same for nine of ten.
        cost: Of a run that ended, on average, by the price of the pool that it was in; None when
            no such pool has a price.
    """

    version: int
    ended: int
    succeeded: int
    failed: int
    p50: float | None
    p90: float | None
    cost: float | None

    @classmethod
    def of(cls, version: int, runs: Iterable[RunDocument], pools: Mapping[str, Pool]) -> Self:
        """Count runs of the version by how they ended.

        Args:
            version: Of the job.
            runs: The newest of it.
            pools: By name, for their prices.
        """
        ended = [run for run in runs if run.state in FINAL_RUN_STATES]
        succeeded = [run for run in ended if run.state is RunState.SUCCEEDED]
        seconds = sorted(run.run_seconds for run in succeeded if run.run_seconds is not None)
        return cls(
            version=version,
            ended=len(ended),
            succeeded=len(succeeded),
            failed=sum(run.state is RunState.FAILED for run in ended),
            p50=_quantile(seconds, 0.5),
            p90=_quantile(seconds, 0.9),
            cost=_mean([_cost_of(run, pools) for run in ended]),
        )


async def compare_versions(
    api: AsyncClient, job: str, versions: Sequence[int]
) -> list[VersionSummary]:
    """Return how the newest runs of each version went, as far as history has them.

    Raises:
        ServiceUnavailableError: History does not answer.
    """
    found = []
    pools = {pool.name: pool for pool in (await api.config_api.list_pools(limit=_POOLS)).items}
    for version in versions:
        page = await api.history.list_runs(job=job, version=version, limit=RUNS_COMPARED)
        found.append(VersionSummary.of(version, page.items, pools))
    return found


def comparison_table(summaries: Iterable[VersionSummary]) -> Table:
    """Return versions, one per line."""
    return table_of(
        ("VERSION", "ENDED", "SUCCEEDED", "FAILED", "P50", "P90", "COST"),
        (
            (
                each.version,
                each.ended,
                _share(each.succeeded, each.ended),
                _share(each.failed, each.ended),
                duration(each.p50),
                duration(each.p90),
                "" if each.cost is None else f"{each.cost:.4g}",
            )
            for each in summaries
        ),
    )


def _cost_of(run: RunDocument, pools: Mapping[str, Pool]) -> float | None:
    pool = pools.get(run.attempts[-1].pool or "") if run.attempts else None
    if pool is None or run.run_seconds is None:
        return None
    return cost_of(run.resources, [pool], run.run_seconds)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _share(part: int, whole: int) -> str:
    return f"{part} ({percentage(part / whole)})" if whole else "0"


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None
