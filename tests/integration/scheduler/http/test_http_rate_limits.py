"""Too many requests of a token or an address, and requests of other sites' pages."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.integration.scheduler.http.services import ADMIN, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")
REPLICA = "limited"
TOO_MANY = 429


@pytest_asyncio.fixture(loop_scope="session")
async def limited(services: Services) -> AsyncIterator[Services]:
    """A replica of the scheduler that takes few requests."""
    await services.start_scheduler(
        REPLICA,
        requests_per_second=0.01,
        requests_burst=2,
        failures_per_second=0.01,
        failures_burst=2,
    )
    yield services
    await services.stop(REPLICA)
    del services.urls[REPLICA]


async def _ask(services: Services, token: str, path: str = "/v1/runs") -> httpx.Response:
    headers = {"Authorization": f"Bearer {services.tokens.get(token, token)}"}
    return await services.http.get(services.urls[REPLICA] + path, headers=headers)


async def test_token_that_asks_too_often_is_told_when_to_come_back(limited: Services):
    answers = [await _ask(limited, "reader") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, TOO_MANY]
    problem = answers[-1].json()
    assert problem["type"] == "urn:mlmon:problem:too-many-requests"
    assert '"reader" makes too many requests' in problem["detail"]
    assert 90 <= int(answers[-1].headers["Retry-After"]) <= 100
    # Others go on, and those who only look whether it lives.
    assert (await _ask(limited, "submitter")).status_code == 200
    metrics = await limited.http.get(limited.urls[REPLICA] + "/metrics")
    assert 'mlmon_http_rate_limited_requests_total{by="token"} 1.0' in metrics.text


async def test_unknown_tokens_of_an_address_are_refused_and_known_ones_are_not(limited: Services):
    statuses = [(await _ask(limited, f"mlm_guess-{number}")).status_code for number in range(4)]

    assert statuses == [401, 401, TOO_MANY, TOO_MANY]
    assert (await _ask(limited, ADMIN)).status_code == 200


async def test_pages_of_other_sites_are_given_no_access(services: Services):
    origin = {"Origin": "https://elsewhere.example"}
    preflight = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }

    for url in services.urls.values():
        for path in ("/v1/runs", "/v1/clients", "/v1/history/runs", "/healthz", "/openapi.json"):
            asked = await services.http.options(url + path, headers=preflight)
            answers = [
                asked,
                await services.http.get(
                    url + path, headers={**origin, "Authorization": f"Bearer {ADMIN}"}
                ),
            ]
            assert asked.status_code in {404, 405}
            for answer in answers:
                assert not [
                    name for name in answer.headers if name.lower().startswith("access-control")
                ]
