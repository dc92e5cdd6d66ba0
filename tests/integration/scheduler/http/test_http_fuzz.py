"""Random requests that follow the OpenAPI documents: none is a fault of ours, none a surprise."""

import asyncio
from typing import Any, Final

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

from tests.integration.scheduler.http.services import ADMIN, SERVICE, Services

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # Schemathesis draws as it likes; what is found is printed as it was sent.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

EXAMPLES: Final = 3
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS: Final = {"follow_run", "read_logs", "wait_run", "wait_batch", "poll_work"}
"""Operations that go on for as long as their caller listens, or wait for what never comes."""
TOKENS: Final = {"scheduler": ADMIN, "config-api": ADMIN, "report-writer": SERVICE}


@pytest.mark.parametrize("service", sorted(TOKENS))
async def test_random_requests_get_documented_answers(services: Services, service: str):
    url = services.urls[service]
    document = (await services.http.get(f"{url}/openapi.json")).json()

    assert await asyncio.to_thread(find_surprises, document, url, TOKENS[service]) == []


def find_surprises(document: dict[str, Any], url: str, token: str) -> list[str]:
    """Return what was answered otherwise than documented."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = url
    headers = {"Authorization": f"Bearer {token}", "MLMon-Protocol": "1"}
    found: list[str] = []
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert operations
    for operation in operations:
        if operation.definition.raw["operationId"] in ENDLESS:
            continue

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
            try:
                response = case.call(headers=headers)
                case.validate_response(response, checks=CHECKS)
            except (FailureGroup, httpx.HTTPError) as error:
                found.append(f"{case.method} {case.path}: {error}")

        ask()
    return found
