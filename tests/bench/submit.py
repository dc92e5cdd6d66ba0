"""A night's batch over HTTP until every run is enqueued, and what others notice meanwhile."""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.testing.plugin import temporary_server_folder
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.states import BatchState
from tests.bench.clusters import NOTHING, Cluster, running_cluster
from tests.bench.raw_http import RawConnection, request_of
from tests.bench.reports import Goal, quantile, report_rows

NAME: Final = "submit"
_CHAIN: Final = 3
_BATCH_LIMIT: Final = 99_999
"""Runs: the most that one batch may have, in whole chains."""
_CLIENTS: Final = 300
_GOAL_SECONDS: Final = 30.0
_GOAL_P99_SECONDS: Final = 0.1
_BEFORE_SECONDS: Final = 3.0
_ZADD_CHUNK: Final = 1000
_SERVER_ERRORS: Final = 400


@dataclass(frozen=True)
class _Round:
    """Seconds of one burst.

    Attributes:
        answered: Until 202.
        enqueued: Until every run exists.
        raw: What adding as many members to one sorted set takes.
        before: Of each request of somebody else, while nothing else happens.
        others: The same, meanwhile.
    """

    answered: float
    enqueued: float
    raw: float
    before: Sequence[float]
    others: Sequence[float]


def main(arguments: Sequence[str]) -> None:
    """Submit 24,000 runs twice; 3 minutes. `--runs 72000 --clients 3000` is the goal's."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--runs", type=int, default=24_000, help="a multiple of three")
    parser.add_argument("--clients", type=int, default=_CLIENTS)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    asyncio.run(_measure(options.runs, options.clients, options.rounds))


async def _measure(runs: int, clients: int, rounds: int) -> None:
    done = []
    with temporary_server_folder() as folder:
        async with running_cluster() as cluster:
            names = await cluster.add_clients(clients)
            for _ in range(rounds):
                raw = await _add_members(folder, runs)
                done.append(await _submit(cluster, _batches(names, runs), raw))
    _report(done, runs)


def _batches(names: Sequence[str], runs: int) -> list[BatchSubmission]:
    """Return chains of three, the same number for each client; as few batches as may be."""
    items = _items(names, runs)
    starts = range(0, runs, _BATCH_LIMIT)
    return [BatchSubmission(name="night", items=items[at : at + _BATCH_LIMIT]) for at in starts]


def _items(names: Sequence[str], runs: int) -> list[BatchItem]:
    items = []
    for number in range(runs):
        chain, step = divmod(number, _CHAIN)
        edges: list[dict[str, Any]] = [{"key": f"{chain}-{step - 1}"}] if step else []
        items.append(
            BatchItem.model_validate(
                {
                    "key": f"{chain}-{step}",
                    "job": NOTHING["name"],
                    "client": names[chain % len(names)],
                    "depends_on": edges,
                }
            )
        )
    return items


async def _submit(cluster: Cluster, batches: Sequence[BatchSubmission], raw: float) -> _Round:
    run = await cluster.scheduler.submit_run(RunSubmission(job=NOTHING["name"], client="acme"))
    path = f"/v1/runs/{run.id}"
    before: list[float] = []
    others: list[float] = []
    asking = asyncio.create_task(_ask_meanwhile(cluster, path, before))
    await asyncio.sleep(_BEFORE_SECONDS)
    asking.cancel()
    asking = asyncio.create_task(_ask_meanwhile(cluster, path, others))
    begun = time.perf_counter()
    made = await asyncio.gather(*map(cluster.scheduler.submit_batch, batches))
    answered = time.perf_counter() - begun

    async def is_enqueued() -> bool:
        found = [await cluster.scheduler.get_batch(batch.id) for batch in made]
        return all(batch.state is not BatchState.LOADING for batch in found)

    await eventually(is_enqueued, within_seconds=900, every_seconds=0.1, describe="all is enqueued")
    enqueued = time.perf_counter() - begun
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    for batch in made:
        await cluster.scheduler.cancel_batch(batch.id)
    return _Round(answered, enqueued, raw, before, others)


async def _ask_meanwhile(cluster: Cluster, path: str, seconds: list[float]) -> None:
    """Time one request after the other, as somebody who looks at a run of theirs would."""
    head = f"Authorization: Bearer {cluster.admin_token}\r\n".encode()
    request = request_of("GET", path, head)
    connection = await RawConnection.open(*cluster.address)
    while True:
        begun = time.perf_counter()
        status, answer = await connection.send(request)
        if status >= _SERVER_ERRORS:
            raise RuntimeError(f"{status} {answer.decode()}")
        seconds.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)


async def _add_members(folder: Path, count: int) -> float:
    """Return the seconds that a pipelined ZADD of as many members takes, fsync included."""
    async with EmbeddedValkey(folder / "valkey-raw") as valkey:
        client = Redis.from_url(valkey.url)
        begun = time.perf_counter()
        for start in range(0, count, _ZADD_CHUNK):
            async with client.pipeline(transaction=False) as pipeline:
                for number in range(start, min(start + _ZADD_CHUNK, count)):
                    pipeline.zadd("members", {f"member-{number:08d}": number})
                await pipeline.execute()
        seconds = time.perf_counter() - begun
        await client.aclose()
        return seconds


def _report(done: Sequence[_Round], runs: int) -> None:
    enqueued = statistics.median(each.enqueued for each in done)
    answered = statistics.median(each.answered for each in done)
    ratio = statistics.median(each.raw / each.enqueued for each in done)
    p99 = statistics.median(quantile(each.others, 0.99) for each in done)
    quiet = statistics.median(quantile(each.before, 0.99) for each in done)
    rows = [
        ("answered with 202", f"{answered:.1f} s", f"{runs / answered:.0f}/s"),
        ("every run enqueued", f"{enqueued:.1f} s", f"{runs / enqueued:.0f}/s"),
        ("as a share of a raw ZADD", f"{ratio:.4f}", ""),
        ("others before, p99", f"{quiet * 1000:.1f} ms", ""),
        ("others meanwhile, p99", f"{p99 * 1000:.1f} ms", ""),
    ]
    report_rows(
        NAME,
        (f"{runs:,} runs", "value", "rate"),
        rows,
        [
            Goal("seconds_for_72000", enqueued * 72_000 / runs, _GOAL_SECONDS, "lower"),
            Goal("others_p99_seconds", p99, _GOAL_P99_SECONDS, "lower"),
        ],
        rounds=len(done),
        results={
            "runs": runs,
            "answered seconds": round(answered, 2),
            "enqueued seconds": round(enqueued, 2),
            "runs a second": round(runs / enqueued),
            "over raw zadd": round(ratio, 5),
            "others p99 seconds before": round(quiet, 4),
            "others p99 seconds": round(p99, 4),
        },
    )
