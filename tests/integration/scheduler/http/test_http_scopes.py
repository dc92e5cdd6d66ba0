"""Every endpoint of all services, asked with every kind of token."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
import pytest
import pytest_asyncio

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
}
"""What docs/api.md says that each scope may, written down once more."""
_NOBODY: Final = ("nobody", "stranger", "session")
"""No token, an unknown one, and the one of an agent's session, which is no user's."""
_AT_ONCE: Final = 60


class Operation(NamedTuple):
    service: str
    method: str
    path: str
    scopes: frozenset[str]
    """One of them suffices."""


@pytest_asyncio.fixture(loop_scope="session")
async def tokens(services: Services, agent: FakeAgent) -> dict[str, str | None]:
    made = {
        scope: (
            await services.config_api.create_token(
                TokenRequest(name=f"matrix-{scope}", scopes=[Scope(scope)])
            )
        ).token
        for scope in ("operator", "author")
    }
    known = {name: services.tokens[name] for name in ("submitter", "reader")}
    return {
        **made,
        **known,
        "admin": ADMIN,
        "service": SERVICE,
        "agent": services.tokens["agent-cpu"],
        "nobody": None,
        "stranger": "mlm_unknown",
        "session": agent.registered.token,
    }


async def operations_of(services: Services) -> list[Operation]:
    found = []
    for service, url in services.urls.items():
        document: dict[str, Any] = (await services.http.get(f"{url}/openapi.json")).json()
        found += [
            Operation(
                service,
                method.upper(),
                path,
                frozenset(operation["x-required-scope"].split("|")),
            )
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if "x-required-scope" in operation
        ]
    return found


async def status_of(services: Services, operation: Operation, token: str | None) -> int:
    path = re.sub(r"\{[^}]+\}", "1", operation.path)
    headers = {"MLMon-Protocol": "1"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
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
    services: Services, tokens: Mapping[str, str | None]
):
    operations = await operations_of(services)
    assert len(operations) > 50
    asked = [(operation, holder) for operation in operations for holder in tokens]

    statuses = []
    for start in range(0, len(asked), _AT_ONCE):
        statuses += await asyncio.gather(
            *(
                status_of(services, operation, tokens[holder])
                for operation, holder in asked[start : start + _AT_ONCE]
            )
        )

    wrong = []
    for (operation, holder), status in zip(asked, statuses, strict=True):
        if holder in _NOBODY:
            is_right = status == 401
        elif operation.scopes & MAY[holder]:
            is_right = status not in (401, 403)
        else:
            is_right = status == 403
        if not is_right:
            wrong.append(f"{holder} got {status} from {operation}")
    assert wrong == []
