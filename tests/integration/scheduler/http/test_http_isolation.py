"""A token of one client learns nothing of another's runs, whatever it asks."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlmon_shared.ids import new_id
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import Scope
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.isolated_clients import (
    ARTIFACT,
    CLIENTS,
    CURSOR,
    Asking,
    Operation,
    World,
    bearing,
    in_thread,
    leaks_of,
    make_world,
    needing,
    vault_of,
)
from tests.integration.scheduler.http.services import Services

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # The services share the process, and draw random waits while Hypothesis draws.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

EXAMPLES: Final = 20
REQUESTS: Final = 30
FORBIDDEN: Final = 403
MINIMUM: Final = 20
_NAMES: Final = (
    *CLIENTS,
    "echo",
    "train",
    *(needing(number) for number, _ in enumerate(CLIENTS)),
    *map(vault_of, CLIENTS),
)
"""Of clients, jobs and secrets, that are tried wherever a path has a name."""


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def tokens(shared_services: Services) -> dict[str, str]:
    made = {
        name: await shared_services.config_api.create_token(
            TokenRequest(name=f"isolated-{name}", scopes=[Scope.SUBMITTER], clients=[name])
        )
        for name in CLIENTS
    }
    secrets = {name: token.token for name, token in made.items()}
    return {**secrets, "all": shared_services.tokens["submitter"]}


@pytest_asyncio.fixture(loop_scope="session")
async def operations(services: Services) -> list[Operation]:
    """All that submitters and readers may ask, of every service."""
    found = []
    for service, url in services.one_of_each.items():
        document: dict[str, Any] = (await services.http.get(f"{url}/openapi.json")).json()
        found += [
            Operation(
                service,
                method.upper(),
                path,
                frozenset(each["name"] for each in asked.get("parameters", ())),
            )
            for path, item in document["paths"].items()
            for method, asked in item.items()
            if set(asked.get("x-required-scope", "").split("|")) & {"reader", "submitter"}
        ]
    assert len(found) > 40
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def world(services: Services, agent: FakeAgent) -> World:
    return await make_world(services, agent)


def _paths(operation: Operation, world: World, viewer: str) -> Iterator[str]:
    """Yield the operation's path for every run, batch and client of others."""
    if "{run_id}" in operation.path:
        ids = [run_id for name in CLIENTS if name != viewer for run_id in world.runs[name]]
    elif "{batch_id}" in operation.path:
        ids = [each for name, found in world.batches.items() if name != viewer for each in found]
    elif operation.path.startswith("/v1/secrets/{"):
        ids = [vault_of(name) for name in CLIENTS if name != viewer]
    elif operation.path.startswith("/v1/clients/{"):
        ids = [name for name in CLIENTS if name != viewer]
    else:
        ids = []
    for each in ids:
        path = operation.path.replace("{path}", ARTIFACT)
        yield re.sub(r"{[^}]+}", each, path)


async def test_every_operation_hides_what_is_others(
    services: Services, tokens: dict[str, str], operations: list[Operation], world: World
):
    before = [await services.scheduler.get_run(run_id) for run_id in world.all_runs()]
    hidden = world.hidden_from("acme")

    def ask_everything(asking: Asking) -> list[str]:
        wrong, number = [], 0
        for operation in operations:
            for path in _paths(operation, world, "acme"):
                answer = asking.ask("acme", operation, path)
                number += 1
                leaks = leaks_of(answer, hidden)
                if answer.status_code not in {403, 404} or leaks:
                    wrong.append(f"{operation.method} {path}: {answer.status_code} {leaks}")
        assert number > len(world.all_runs())
        return wrong

    assert await in_thread(services, tokens, ask_everything) == []
    after = [await services.scheduler.get_run(run_id) for run_id in world.all_runs()]
    assert [(run.state, run.priority) for run in after] == [
        (run.state, run.priority) for run in before
    ]


async def test_secrets_of_others_are_as_if_they_were_not(
    services: Services, tokens: dict[str, str], operations: list[Operation], world: World
):
    concerned = [each for each in operations if each.path.startswith("/v1/secrets")]
    assert {each.method for each in concerned} == {"GET"}

    def compare(asking: Asking) -> list[str]:
        wrong = []
        for operation in concerned:
            told = [
                asking.ask("acme", operation, operation.path.replace("{name}", name))
                for name in (vault_of("bolt"), vault_of("acme"), "no-such-secret")
            ]
            answers = {(each.status_code, each.json()["detail"]) for each in told}
            if len(answers) != 1:
                wrong.append(f"{operation.path}: {answers}")
        return wrong

    assert await in_thread(services, tokens, compare) == []


async def test_definitions_and_refusals_tell_nothing_of_secrets_of_others(
    services: Services, tokens: dict[str, str], world: World
):
    hidden = world.hidden_from("acme")

    def look(asking: Asking) -> list[str]:
        jobs = f"{asking.urls['config-api']}/v1/job-definitions"
        runs, batches = (f"{asking.urls['scheduler']}/v1/{noun}" for noun in ("runs", "batches"))
        headers = bearing(asking.tokens["acme"])
        own, theirs = needing(0), needing(1)
        answers = [
            asking.http.get(url, headers=headers)
            for url in (
                f"{jobs}/{theirs}",
                f"{jobs}/{theirs}/versions",
                f"{jobs}/{theirs}/versions/1",
                f"{jobs}?limit=200",
            )
        ]
        assert {each.status_code for each in answers} == {200}
        # A tag of what is not shown would let names be tried.
        etags = {each["name"]: each["etag"] for each in answers[3].json()["items"]}
        assert "ETag" not in answers[0].headers
        assert (answers[0].json()["etag"], etags[theirs]) == (None, None)
        assert etags[own] is not None
        assert vault_of("acme") in asking.http.get(f"{jobs}/{own}", headers=headers).text
        wanted = {"job": theirs, "client": "acme"}
        refused = [
            asking.http.post(runs, json=wanted, headers=headers),
            asking.http.post(batches, json={"items": [{"key": "a", **wanted}]}, headers=headers),
        ]
        assert {each.status_code for each in refused} == {422}
        return [
            f"{each.request.method} {each.request.url}: {leaks}"
            for each in [*answers, *refused]
            if (leaks := leaks_of(each, hidden))
        ]

    assert await in_thread(services, tokens, look) == []


_NUMBER: Final = st.integers(0, 10_000)
_CLIENT: Final = st.sampled_from(CLIENTS)
_SUBMISSION: Final = st.one_of(
    st.tuples(st.just("run"), _CLIENT, st.sampled_from(["echo", "train"]), st.none() | _NUMBER),
    st.tuples(st.just("batch"), st.lists(_CLIENT, min_size=1, max_size=3)),
)


async def test_random_requests_learn_nothing_of_others(
    services: Services, tokens: dict[str, str], operations: list[Operation], world: World
):
    def try_examples(asking: Asking) -> list[str]:
        found: list[str] = []
        asked = [
            each
            for each in operations
            if each.method == "GET" and asking.ask("acme", each, each.path).status_code != FORBIDDEN
        ]
        assert len(asked) > MINIMUM

        @given(
            submissions=st.lists(_SUBMISSION, min_size=1, max_size=3),
            viewer=_CLIENT,
            requests=st.lists(
                st.tuples(st.sampled_from(asked), _NUMBER, _NUMBER, st.integers(1, 3)),
                min_size=REQUESTS,
                max_size=REQUESTS,
            ),
        )
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def try_one(submissions: Any, viewer: str, requests: Any) -> None:
            for submission in submissions:
                _submit(asking, world, submission)
            for request in requests:
                found.extend(_follow(asking, world, viewer, request))

        try_one()
        return found

    assert await in_thread(services, tokens, try_examples) == []


def _submit(asking: Asking, world: World, submission: Any) -> None:
    secret = f"secret-{new_id()}"
    if submission[0] == "run":
        _, client, job, upstream = submission
        runs = world.all_runs()
        body = {"job": job, "client": client, "labels": {"who": secret}}
        if upstream is not None:
            # Mostly one of another client.
            body["depends_on"] = [{"run": runs[upstream % len(runs)]}]
        made = asking.submit("/v1/runs", body)
        world.runs[client].append(made["id"])
        world.secrets[client] |= {secret, made["id"]}
        return
    clients = submission[1]
    owner = clients[0] if len(set(clients)) == 1 else "nobody"
    items = [
        {"key": f"{secret}-{client}-{place}", "job": "echo", "client": client}
        for place, client in enumerate(clients)
    ]
    name = f"batch-{secret}-{owner}"
    made = asking.submit("/v1/batches", {"items": items, "name": name})
    world.batches.setdefault(owner, []).append(made["id"])
    world.secrets[owner].add(name)
    for item in items:
        world.secrets[item["client"]].add(item["key"])


def _follow(
    asking: Asking, world: World, viewer: str, request: tuple[Operation, int, int, int]
) -> Iterator[str]:
    """Ask, and go on with the cursor that is answered; yield what leaks."""
    operation, one, other, limit = request
    hidden = world.hidden_from(viewer)
    # Its own as often as others', since those alone are answered at length.
    runs = [*world.runs[viewer] * len(CLIENTS), *world.all_runs()]
    batches = [*world.batches.get(viewer, []) * len(CLIENTS), *world.all_batches()]
    path = operation.path.replace("{path}", ARTIFACT)
    path = path.replace("{run_id}", runs[one % len(runs)])
    path = path.replace("{batch_id}", batches[one % len(batches)])
    path = re.sub(r"{[^}]+}", _NAMES[one % len(_NAMES)], path)
    params: dict[str, str | int] = {"limit": limit}
    narrow = {
        "client": CLIENTS[other % 3],
        "batch": batches[other % len(batches)],
        "state": ["queued", "blocked", "succeeded"][other % 3],
        "run": runs[other % len(runs)],
    }
    chosen = list(narrow)[other % 4 :][: other % 2 + 1]
    params |= {name: narrow[name] for name in chosen}
    for _ in range(3):
        answer = asking.ask(viewer, operation, path, **params)
        if leaks := leaks_of(answer, hidden):
            yield f"{viewer}: {answer.request.method} {answer.request.url} told {leaks}"
        cursor = CURSOR.search(answer.text)
        if cursor is None:
            return
        params["cursor"] = cursor[1]
