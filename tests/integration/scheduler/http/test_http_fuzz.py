"""Random requests that follow the OpenAPI documents: none is a fault of ours, none a surprise."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mlmon_shared.http.auth import ATTEMPT
from mlmon_shared.wire.states import Scope
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import ADMIN, SERVICE, OwnServices, Services

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # Schemathesis draws as it likes; what is found is printed as it was sent.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

EXAMPLES: Final = 3
"""Of each operation, as drawn, and as many that name what is there."""
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS: Final = {"follow_run", "read_logs"}
"""Streams of events: they go on for as long as their caller listens."""
SIGNED: Final = {"fetch_artifact", "upload_artifact"}
"""Their URL is signed, so that a random one is never let in."""
PASSWORD: Final = "lantern orbit seventy maples"


class There(NamedTuple):
    """What requests can name.

    Attributes:
        in_paths: Values of parameters in paths, by "kind/parameter", or by "parameter" alone.
        in_bodies: Values of fields, wherever they are in a body.
    """

    in_paths: Mapping[str, Any]
    in_bodies: Mapping[str, Any]


class Fuzzer:
    """Asks random things of services that are real and hold a little of everything."""

    def __init__(self, services: OwnServices) -> None:
        self._services = services
        self._loop = asyncio.get_running_loop()
        self.surprises: list[str] = []
        self.refused: list[str] = []
        self._agent: FakeAgent | None = None
        self._attempt_token = ""
        self._there: There

    def ask_all(self, service: str, document: dict[str, Any]) -> None:
        """Ask every operation of a service, in a thread."""
        schema = schemathesis.openapi.from_dict(document)
        schema.config.base_url = self._services.urls[service]
        operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
        assert operations
        for operation in operations:
            raw = operation.definition.raw
            if raw["operationId"] in ENDLESS:
                continue
            made = asyncio.run_coroutine_threadsafe(self._prepare(raw), self._loop)
            headers, there = made.result(timeout=60)
            statuses = self._ask(operation, headers, None)
            statuses |= self._ask(operation, headers, there)
            if {} in raw.get("security", []):
                # It takes something else than a token, too, which nobody guesses.
                told = self._ask(operation, {"MLMon-Protocol": "1"}, None)
                assert told <= {401, 403, 422}, told
            if statuses <= {401, 403} and raw["operationId"] not in SIGNED:
                self.refused.append(f"{operation.label}: {sorted(statuses)}")

    def _ask(self, operation: Any, headers: Mapping[str, str], there: There | None) -> set[int]:
        statuses: set[int] = set()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            do_not_wait(case)
            if there is not None:
                name_what_is_there(case, there)
            try:
                response = case.call(headers=dict(headers))
                statuses.add(response.status_code)
                case.validate_response(response, checks=CHECKS)
            except (FailureGroup, httpx.HTTPError) as error:
                self.surprises.append(f"{case.method} {case.path} {case.body!r}: {error}")

        ask()
        return statuses

    async def _prepare(self, raw: Mapping[str, Any]) -> tuple[dict[str, str], There]:
        """Return headers that let the operation's caller in, and what there is for it."""
        # Some operations of an agent end what others need.
        is_of_attempt = raw.get("x-required-scope") == ATTEMPT
        if self._agent is None or "AgentSession" in kinds_of(raw) or is_of_attempt:
            self._agent = await self._services.agent()
            self._there = await self._provide(self._agent)
        there = self._there
        if raw["operationId"] == "create_session":
            there = there._replace(in_bodies={"name": "ann", "password": PASSWORD})
        return await self._headers(raw, self._agent), there

    async def _provide(self, agent: FakeAgent) -> There:
        run = await self._services.submit()
        batch = await self._services.submit_batch([{"key": "a", "job": "echo", "client": "acme"}])
        started = await agent.start()
        self._attempt_token = started.spec.token
        in_paths = {
            "run_id": run.id,
            "runs/run_id": started.grant.run_id,
            "batch_id": batch.id,
            "agent_id": agent.registered.agent_id,
            "attempt_id": started.attempt_id,
            "job-definitions/name": "labelled",
            "clients/name": "coda",
            "pools/name": "brief",
            "users/name": "ben",
            "job": "echo",
            "client": "acme",
            "version": 1,
            "revision": 1,
        }
        in_bodies = {
            "session": agent.registered.session,
            "run_id": started.grant.run_id,
            "attempt": started.grant.attempt,
            "fence": started.grant.fence,
            "job": "echo",
            "client": "acme",
            "password": PASSWORD,
        }
        return There(in_paths, in_bodies)

    async def _headers(self, raw: Mapping[str, Any], agent: FakeAgent) -> dict[str, str]:
        always = {"MLMon-Protocol": "1"}
        kinds = kinds_of(raw)
        if "AgentSession" in kinds:
            return always | agent.headers
        if "APIKeyCookie" in kinds and "x-required-scope" not in raw:
            # A client of its own: cookies must not reach the others, and nothing is kept alive.
            async with httpx.AsyncClient(base_url=self._services.urls["config-api"]) as browser:
                answer = await browser.post(
                    "/v1/sessions", json={"name": "ann", "password": PASSWORD}
                )
            assert answer.status_code == 201, answer.text
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            return always | {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf_token"]}
        scopes = set(raw.get("x-required-scope", "").split("|"))
        token = ADMIN
        if Scope.AGENT in scopes:
            token = self._services.tokens["agent-cpu"]
        elif Scope.SERVICE in scopes:
            token = SERVICE
        elif scopes == {ATTEMPT}:
            token = self._attempt_token
        elif not scopes & {"", "admin", "operator", "author", "submitter", "reader"}:
            raise AssertionError(f"no token for {scopes}")
        return always | {"Authorization": f"Bearer {token}"}


def kinds_of(raw: Mapping[str, Any]) -> set[str]:
    """Return the names of the ways in which an operation knows its caller."""
    return {kind for each in raw.get("security", []) for kind in each}


def do_not_wait(case: Any) -> None:
    """Have operations answer at once that would wait for what never comes."""
    if isinstance(case.body, dict) and "timeout_seconds" in case.body:
        case.body["timeout_seconds"] = 0
    if isinstance(case.query, dict) and "timeout" in case.operation.query:
        case.query["timeout"] = 0


def name_what_is_there(case: Any, there: There) -> None:
    """Put the names of what exists into a request."""
    kinds = case.path.split("/")
    for name in case.path_parameters or {}:
        placeholder = f"{{{name}}}"
        kind = kinds[kinds.index(placeholder) - 1] if placeholder in kinds else ""
        for known in (f"{kind}/{name}", name):
            if known in there.in_paths:
                case.path_parameters[name] = there.in_paths[known]
                break
    case.body = placed(case.body, there.in_bodies)


def placed(value: Any, known: Mapping[str, Any]) -> Any:
    """Return a body with the fields replaced that are known, at any depth."""
    if isinstance(value, dict):
        return {
            name: known[name] if name in known else placed(inner, known)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [placed(inner, known) for inner in value]
    return value


async def add_users(services: Services, *names: str) -> None:
    url = f"{services.urls['config-api']}/v1/users"
    headers = {"Authorization": f"Bearer {ADMIN}"}
    for name in names:
        user = {"name": name, "roles": ["admin"]}
        password = {"password": PASSWORD}
        for path, body in ((f"/{name}", user), (f"/{name}/password", password)):
            made = await services.http.put(url + path, json=body, headers=headers)
            assert made.is_success, made.text


@pytest.mark.timeout(600)
async def test_random_requests_get_documented_answers(own_services: OwnServices):
    await add_users(own_services, "ann", "ben")
    fuzzer = Fuzzer(own_services)
    for service, url in own_services.urls.items():
        document = (await own_services.http.get(f"{url}/openapi.json")).json()
        await asyncio.to_thread(fuzzer.ask_all, service, document)

    assert fuzzer.surprises == []
    assert fuzzer.refused == []
