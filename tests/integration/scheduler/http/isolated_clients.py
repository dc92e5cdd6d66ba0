"""Three clients with runs, files, secrets and batches, and who asks for what is others'."""

import asyncio
import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from pydantic import SecretStr

from mlmon_shared.wire.secrets import SecretRequest
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import ADMIN, Services

CLIENTS: Final = ("acme", "bolt", "coda")
ARTIFACT: Final = "model.joblib"
CURSOR: Final = re.compile(r'"next_cursor":"([^"]+)"')


@dataclass
class World:
    """All that was made, by client; what is of several clients is nobody's."""

    secrets: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in CLIENTS})
    runs: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in CLIENTS})
    batches: dict[str, list[str]] = field(default_factory=dict)

    def hidden_from(self, viewer: str) -> set[str]:
        return set().union(*(found for name, found in self.secrets.items() if name != viewer))

    def all_runs(self) -> list[str]:
        return [run_id for runs in self.runs.values() for run_id in runs]

    def all_batches(self) -> list[str]:
        return [batch_id for found in self.batches.values() for batch_id in found]


@dataclass(frozen=True)
class Operation:
    service: str
    method: str
    path: str
    query: frozenset[str]


@dataclass(frozen=True)
class Asking:
    """Asks the services by HTTP, as one client or as who sees all."""

    urls: dict[str, str]
    tokens: dict[str, str]
    http: httpx.Client

    def submit(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(
            self.urls["scheduler"] + path, json=body, headers=bearing(self.tokens["all"])
        )
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def ask(
        self, viewer: str, operation: Operation, path: str, **params: str | int
    ) -> httpx.Response:
        given_params = {name: value for name, value in params.items() if name in operation.query}
        if "timeout" in operation.query:
            given_params["timeout"] = 0
        return self.http.request(
            operation.method,
            self.urls[operation.service] + path,
            params=given_params,
            json={"priority": 1} if operation.method == "POST" else None,
            headers=bearing(self.tokens[viewer]),
        )


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def vault_of(client: str) -> str:
    return f"vault-of-{client}"


def needing(number: int) -> str:
    """Return the name of a job that needs a client's secret, and does not tell whose."""
    return f"needing-{number}"


async def store_secret(services: Services, agent: FakeAgent, number: int, client: str) -> set[str]:
    """Give a client a secret that its run uses; return all that others must not learn."""
    value = f"value-of-{client}"
    await services.config_api.put_secret(
        SecretRequest(
            name=vault_of(client),
            description=f"about-{client}",
            value=SecretStr(value),
            clients=[client],
        )
    )
    definition = {
        "name": needing(number),
        "image": "needing:1",
        "command": ["true"],
        "secrets": {f"FILE_OF_{client}": vault_of(client)},
    }
    await services.transport("config-api", ADMIN).send(
        "POST", "/v1/job-definitions", json=definition
    )
    run = await services.submit(job=needing(number), client=client)
    started = await agent.start()
    assert started.spec.secrets == {f"FILE_OF_{client}": value}
    await agent.report(started)
    return {run.id, value, vault_of(client), f"about-{client}", f"FILE_OF_{client}"}


async def make_world(services: Services, agent: FakeAgent) -> World:
    """A finished run of every client, with a log, a file and a secret, and a batch of all."""
    world = World()
    for number, name in enumerate(CLIENTS):
        world.secrets[name] |= await store_secret(services, agent, number, name)
    for name in CLIENTS:
        run = await services.submit(job="train", client=name, labels={"who": f"label-{name}"})
        started = await agent.start()
        await agent.log(started, 0, f"log-of-{name}\n")
        artifact = await agent.upload(started, ARTIFACT, f"file-of-{name}".encode())
        await agent.report(started, artifacts=[artifact], metrics={f"metric-of-{name}": 1.0})
        world.runs[name].append(run.id)
        world.secrets[name] |= {
            run.id,
            f"label-{name}",
            f"log-of-{name}",
            f"file-of-{name}",
            f"metric-of-{name}",
        }
    mixed = await services.submit_batch(
        [{"key": f"key-of-{name}", "job": "echo", "client": name} for name in CLIENTS],
        name="batch-of-all",
        labels={"who": "label-of-all"},
    )
    for name in CLIENTS:
        world.runs[name].append((await services.run_of(mixed, f"key-of-{name}")).id)
        world.secrets[name] |= {world.runs[name][-1], f"key-of-{name}"}
    world.batches["nobody"] = [mixed.id]
    world.secrets["nobody"] = {"batch-of-all", "label-of-all"}
    return world


def leaks_of(answer: httpx.Response, hidden: set[str]) -> set[str]:
    """Return what an answer tells that the request did not say already."""
    request = answer.request
    said = f"{request.url} {request.content.decode()}"
    cursors = [base64.urlsafe_b64decode(found + "==") for found in CURSOR.findall(answer.text)]
    told = " ".join([answer.text, str(answer.headers), *(each.decode() for each in cursors)])
    return {secret for secret in hidden if secret in told and secret not in said}


async def in_thread(
    services: Services, tokens: dict[str, str], act: Callable[[Asking], list[str]]
) -> list[str]:
    def run() -> list[str]:
        with httpx.Client(timeout=30) as http:
            return act(Asking(services.urls, tokens, http))

    return await asyncio.to_thread(run)
