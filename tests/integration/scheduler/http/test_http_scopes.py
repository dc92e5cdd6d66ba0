"""Every endpoint of all services, asked with every kind of token."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import httpx
import pytest
import pytest_asyncio

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import Scope
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import ADMIN, SERVICE, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAY: Final = {
    "admin": {"admin", "operator", "author", "submitter", "reader"},
    "operator": {"operator", "reader"},
    "author": {"author", "reader"},
    "submitter": {"submitter", "reader"},
    "reader": {"reader"},
    "agent": {"agent"},
    "service": {"service", "reader"},
    "attempt": {"attempt"},
}
"""What docs/api.md says that each scope may, written down once more."""
_NOBODY: Final = ("nobody", "stranger", "session", "expired", "revoked", "signed-out")
"""No token, an unknown one, the one of an agent's session, which is no user's, and what is over."""
_ROLES: Final = ("admin", "operator", "author", "submitter", "reader")
_SAFE: Final = {"GET", "HEAD"}
_PASSWORD: Final = "correct horse battery"
_AT_ONCE: Final = 60
_BUSY: Final = 503


class Operation(NamedTuple):
    service: str
    method: str
    path: str
    scopes: frozenset[str]
    """One of them suffices."""
    takes_limited: bool


class Holder(NamedTuple):
    """Who asks.

    Attributes:
        headers: What shows who it is.
        may: As which scope of `MAY`; None for nobody.
        is_limited: To a client or a job.
        is_of_attempt: The scheduler's own; the other services know it not.
        is_user: Signed in at config-api; the other services know tokens only.
        is_forged: By a page of another site: it lacks what only ours knows.
    """

    headers: Mapping[str, str]
    may: str | None = None
    is_limited: bool = False
    is_of_attempt: bool = False
    is_user: bool = False
    is_forged: bool = False

    def expects(self, operation: Operation, status: int) -> bool:
        """Tell whether it is answered as it should be."""
        if self.may is None or (self.is_user and operation.service != "config-api"):
            return status == 401
        if self.is_of_attempt and operation.service != "scheduler":
            return status == 401
        if self.is_forged and operation.method not in _SAFE:
            return status == 403
        is_let_in = bool(operation.scopes & MAY[self.may])
        if self.is_limited and not operation.takes_limited:
            is_let_in = False
        return status not in (401, 403) if is_let_in else status == 403


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest_asyncio.fixture(loop_scope="session")
async def holders(services: Services, agent: FakeAgent) -> dict[str, Holder]:
    config_api = services.config_api

    async def make(name: str, scope: str, **limits: Any) -> dict[str, str]:
        request = TokenRequest(name=f"matrix-{name}", scopes=[Scope(scope)], **limits)
        return bearing((await config_api.create_token(request)).token)

    known = {name: bearing(services.tokens[name]) for name in ("submitter", "reader")}
    made = {scope: await make(scope, scope) for scope in ("operator", "author")}
    others = {
        "admin": bearing(ADMIN),
        "service": bearing(SERVICE),
        "agent": bearing(services.tokens["agent-cpu"]),
    }
    nobody = {
        "nobody": {},
        "stranger": bearing("mlm_unknown"),
        "session": bearing(agent.registered.token),
        **await tokens_that_are_over(services),
    }
    limited = {
        f"{scope} of {kind}": Holder(
            await make(f"{scope}-of-{kind}", scope, **limits), scope, is_limited=True
        )
        for scope in ("submitter", "reader")
        for kind, limits in (("acme", {"clients": ["acme"]}), ("echo", {"jobs": ["echo"]}))
    }
    await services.submit()
    running = bearing((await agent.start()).spec.token)
    return {
        "attempt": Holder(running, "attempt", is_of_attempt=True),
        **{name: Holder(headers, name) for name, headers in (known | made | others).items()},
        **{name: Holder(headers) for name, headers in nobody.items()},
        **limited,
        **await users(services),
    }


async def tokens_that_are_over(services: Services) -> dict[str, dict[str, str]]:
    """Administrators' tokens which every service knew, until one expired and one was revoked."""
    soon = datetime.now(UTC) + timedelta(seconds=3)
    made = {
        name: await services.config_api.create_token(
            TokenRequest(name=f"matrix-{name}", scopes=[Scope.ADMIN], expires_at=expires_at)
        )
        for name, expires_at in (("expired", soon), ("revoked", None))
    }
    urls = [
        f"{services.urls['config-api']}/v1/clients",
        f"{services.urls['scheduler']}/v1/runs",
        f"{services.urls['report-writer']}/v1/history/runs",
    ]

    async def all_answer(name: str, *, known: bool) -> bool:
        headers = bearing(made[name].token)
        answers = [await services.http.get(url, headers=headers) for url in urls]
        return all((answer.status_code != 401) is known for answer in answers)

    # Who knows the second one knows the first one too, even if that is over by then.
    await eventually(partial(all_answer, "revoked", known=True), describe="both are known")
    await services.config_api.revoke_token(made["revoked"].id)
    for name in made:
        await eventually(partial(all_answer, name, known=False), describe=f"{name} is over")
    return {name: bearing(token.token) for name, token in made.items()}


async def users(services: Services) -> dict[str, Holder]:
    """People who are signed in, one of each role; one who has signed out; one who is tricked."""
    async with httpx.AsyncClient(base_url=services.urls["config-api"]) as http:
        for role in _ROLES:
            path = f"/v1/users/matrix-{role}-user"
            user = {"name": path.rpartition("/")[2], "roles": [role]}
            for call, body in ((path, user), (f"{path}/password", {"password": _PASSWORD})):
                answer = await http.put(call, json=body, headers=bearing(ADMIN))
                assert answer.is_success, answer.text

    async def sign_in(role: str) -> dict[str, str]:
        body = {"name": f"matrix-{role}-user", "password": _PASSWORD}
        async with httpx.AsyncClient(base_url=services.urls["config-api"]) as http:
            answer = await http.post("/v1/sessions", json=body)
            assert answer.status_code == 201, answer.text
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf_token"]}

    found = {f"user {role}": Holder(await sign_in(role), role, is_user=True) for role in _ROLES}
    signed_out, tricked = await sign_in("admin"), await sign_in("admin")
    url = f"{services.urls['config-api']}/v1/sessions/current"
    answer = await services.http.delete(url, headers=signed_out)
    assert answer.is_success, answer.text
    del tricked["X-CSRF-Token"]
    return {
        **found,
        "signed-out": Holder(signed_out),
        "tricked": Holder(tricked, "admin", is_user=True, is_forged=True),
    }


async def operations_of(services: Services) -> list[Operation]:
    found = []
    for service, url in services.one_of_each.items():
        document: dict[str, Any] = (await services.http.get(f"{url}/openapi.json")).json()
        found += [
            Operation(
                service,
                method.upper(),
                path,
                frozenset(operation["x-required-scope"].split("|")),
                operation["x-takes-limited-tokens"],
            )
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if "x-required-scope" in operation
        ]
    return found


async def status_of(services: Services, operation: Operation, holder: Holder) -> int:
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    headers = {"MLMon-Protocol": "1", **holder.headers}
    try:
        # Some would wait for what never comes; who is let in so far may do it.
        request = services.http.build_request(
            operation.method, services.urls[operation.service] + path, headers=headers
        )
        response = await services.http.send(request, stream=True)
    except httpx.ReadTimeout:
        return 200
    await response.aclose()
    return response.status_code


async def test_every_endpoint_lets_in_whom_it_should_and_nobody_else(
    services: Services, holders: Mapping[str, Holder]
):
    operations = await operations_of(services)
    assert len(operations) > 50
    assert {each.takes_limited for each in operations} == {True, False}
    let_in = {each.path for each in operations if "attempt" in each.scopes}
    assert let_in == {
        "/v1/runs/{run_id}",
        "/v1/runs/{run_id}/progress",
        "/v1/runs/{run_id}/artifacts/{path}",
    }
    assert {name for name in _NOBODY if holders[name].may is None} == set(_NOBODY)
    asked = [(operation, name) for operation in operations for name in holders]

    statuses = []
    for start in range(0, len(asked), _AT_ONCE):
        statuses += await asyncio.gather(
            *(
                status_of(services, operation, holders[name])
                for operation, name in asked[start : start + _AT_ONCE]
            )
        )

    for index, (operation, name) in enumerate(asked):
        if statuses[index] == _BUSY:
            # All at once wait for a few connections to PostgreSQL; alone, it need not.
            statuses[index] = await status_of(services, operation, holders[name])

    wrong = [
        f"{name} got {status} from {operation}"
        for (operation, name), status in zip(asked, statuses, strict=True)
        if not holders[name].expects(operation, status)
    ]
    assert wrong == []
