"""A configuration of thousands of clients and two dozen jobs: what each request for it takes."""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import Scope
from tests.bench.clusters import Cluster, running_cluster
from tests.bench.reports import Goal, report

NAME: Final = "catalog"
_GOAL_SECONDS: Final = 1.0
_PAGE: Final = 200


def main(arguments: Sequence[str]) -> None:
    """Run for half a minute; the default is the goal's size."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--clients", type=int, default=3000)
    parser.add_argument("--definitions", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    asyncio.run(_measure(options.clients, options.definitions, options.rounds))


async def _measure(clients: int, definitions: int, rounds: int) -> None:
    async with running_cluster() as cluster:
        seconds: dict[str, list[float]] = {}

        async def timed(name: str, call: Callable[[], Awaitable[Any]]) -> Any:
            begun = time.perf_counter()
            answer = await call()
            seconds.setdefault(name, []).append(time.perf_counter() - begun)
            return answer

        api = cluster.config_api
        await timed(
            f"import {clients} clients",
            partial(api.import_clients, _rows(clients), content_type="text/csv"),
        )
        for number in range(definitions):
            await timed("save a definition", partial(api.apply_job_definition, _definition(number)))
        service = await _service(cluster)
        search = partial(api.list_clients, limit=_PAGE, labels={"tier": "gold"})
        size = 0
        for _ in range(rounds):
            await timed("list 200 clients", partial(api.list_clients, limit=_PAGE))
            await timed("search clients by label", search)
            await timed("list definitions", partial(api.list_job_definitions, limit=_PAGE))
            snapshot = await timed("snapshot", service.get_snapshot)
            again = partial(service.get_snapshot, snapshot.config_revision)
            await timed("snapshot that is known (304)", again)
            size = len(snapshot.model_dump_json())
        report(
            NAME,
            seconds,
            [
                Goal("slowest_seconds", max(map(max, seconds.values())), _GOAL_SECONDS, "lower"),
                Goal("snapshot_mebibytes", size / 2**20, 16.0, "lower"),
            ],
            rounds=rounds,
        )


async def _service(cluster: Cluster) -> ConfigApiClient:
    """Return a client as the scheduler has one."""
    request = TokenRequest(name="bench-service", scopes=[Scope.SERVICE])
    token = (await cluster.config_api.create_token(request)).token
    return ConfigApiClient(Transport(cluster.config_api_url, token=token))


def _rows(count: int) -> bytes:
    lines = ["name,weight,labels.tier,labels.country,parameters.month"]
    lines += [
        f"client-{number:05d},{number % 5 + 1},{'gold' if number % 10 == 0 else 'silver'},"
        f"c{number % 30},{number % 12 + 1}"
        for number in range(count)
    ]
    return "\n".join(lines).encode()


def _definition(number: int) -> bytes:
    upstream = f"depends_on: [{{job: job-{number - 1}}}]\n" if number % 3 else ""
    return (
        f"name: job-{number}\nimage: registry.example.com/ds/job:{number}\n"
        "command: [python, job.py, --month, '{{ client.parameters.month }}']\n"
        "resources: {cpu: 1, memory: 1Gi}\nparameters: {type: object}\n"
        f"schedule: {{cron: '0 2 * * *', timezone: Europe/London}}\n{upstream}"
    ).encode()
