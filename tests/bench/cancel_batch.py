"""How long a batch of 100,000 runs takes to be cancelled, and what others wait meanwhile."""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import redis

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.scripts import Scripts, connect
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.stored import NewBatch, NewRun
from mlmon_scheduler.domain.shapes import cell_of
from mlmon_scheduler.loops.cancel_batches import CancelBatches
from mlmon_scheduler.loops.fan_out import FanOut
from mlmon_shared.embedded.valkey import EmbeddedValkey
from tests.bench.reports import Goal, report
from tests.integration.scheduler.large_batches import fields_of
from tests.integration.scheduler.readers import live_reader
from tests.integration.scheduler.recording import recorder

NAME: Final = "cancel-batch"
_SHAPE: Final = "c1000m1g0d0"
_RUNS: Final = 100_000
_CHAIN: Final = 4
_STALL_SECONDS: Final = 0.05
_NOTED_MILLISECONDS: Final = 5
"""The server itself says what took longer."""


def main(arguments: Sequence[str]) -> None:
    """Fill a Valkey, cancel everything, and report the longest that another client waited."""
    argparse.ArgumentParser(prog=NAME, description=__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, EmbeddedValkey(Path(folder) / "valkey") as valkey:
        asyncio.run(_measure(valkey.url))


class _Others(threading.Thread):
    """Another client, which asks something small all the time."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._client = redis.Redis.from_url(url)
        self._is_over = threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        with closing(self._client):
            while not self._is_over.is_set():
                begun = time.perf_counter()
                self._client.hget(key("ep"), "epoch")
                self.waits.append(time.perf_counter() - begun)
                time.sleep(0.001)

    def end(self) -> list[float]:
        self._is_over.set()
        self.join()
        return self.waits


async def _measure(url: str) -> None:
    client = connect(url, is_text=True)
    store = RedisRunStore(client, Scripts(client))
    await store.begin_epoch(1, "bench")
    await _fill(store)
    undisturbed = _Others(url)
    undisturbed.start()
    await asyncio.sleep(2)
    before = undisturbed.end()
    others = _Others(url)
    others.start()
    reader = live_reader(store, client)
    canceller = RunCanceller(store, reader, recorder(Scripts(client), store))
    loop, fan_out = CancelBatches(store, canceller), FanOut(store)
    await store.ask_to_cancel("batch", "The benchmark cancels it.")
    await client.config_resetstat()
    await client.config_set("latency-monitor-threshold", _NOTED_MILLISECONDS)
    steps: list[float] = []
    has_more = True
    while has_more:
        begun = time.perf_counter()
        has_more = await loop.tick()
        steps.append(time.perf_counter() - begun)
        await fan_out.tick()
    waits = others.end()
    scripts = (await client.info("commandstats"))["cmdstat_fcall"]
    causes = await client.execute_command("LATENCY", "LATEST")
    await client.aclose()
    report(
        NAME,
        {
            "all 100,000 runs": [sum(steps)],
            "one step": steps,
            "one script call, by the server": [scripts["usec_per_call"] / 1e6],
            "another client, before": before,
            "another client, meanwhile": waits,
            **{
                f"longest {name}, by the server": [longest / 1000]
                for name, _, _, longest, *_ in causes
            },
        },
        [Goal("longest_wait_of_others_ms", max(waits) * 1000, _STALL_SECONDS * 1000, "lower")],
        rounds=1,
    )


async def _fill(store: RedisRunStore) -> None:
    await store.spool_items("spool", [NewRun("spooled", {})])
    batch = NewBatch("batch", {"id": "batch", "total": str(_RUNS)})
    await store.open_batch(batch, "spool")
    for start in range(0, _RUNS, 50):
        await store.enqueue(
            [
                NewRun(
                    f"run-{place}",
                    fields_of(place, shape=_SHAPE, cell=cell_of(_SHAPE)),
                    edges=[(f"run-{place - 1}", "succeeded")] if place % _CHAIN else [],
                    index=place,
                )
                for place in range(start, start + 50)
            ]
        )
    await store.seal_batch("batch")
