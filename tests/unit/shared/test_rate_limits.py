from dataclasses import dataclass

import anyio
import httpx
import pytest
from prometheus_client import CollectorRegistry

from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import ServiceUnavailableError, TooManyRequestsError
from mlmon_shared.http.rate_limits import Rate, RateLimiter, RateLimits
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Clock:
    return Clock()


@pytest.fixture
def limiter(seconds: Clock) -> RateLimiter:
    return RateLimiter(Rate(per_second=2, burst=3), seconds)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def limits(seconds: Clock, registry: CollectorRegistry) -> RateLimits:
    return RateLimits(Rate(1, 2), Rate(0.5, 1), registry, seconds)


def test_burst_passes_and_then_the_rate(limiter, seconds):
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]

    seconds.now += 0.5
    assert limiter.take("a") == 0
    assert limiter.take("a") == pytest.approx(0.5)


def test_pause_gives_back_no_more_than_the_burst(limiter, seconds):
    for _ in range(3):
        limiter.take("a")
    seconds.now += 3600

    assert [limiter.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_keys_are_counted_apart_and_asking_counts_nothing(limiter):
    for _ in range(10):
        limiter.take("a")
        assert limiter.find_wait("b") == 0

    assert limiter.take("b") == 0


def test_least_used_counter_is_forgotten_first(limiter):
    for _ in range(3):
        limiter.take("a")
    for number in range(10_000):
        limiter.take(str(number))

    assert limiter.find_wait("a") == 0
    assert len(limiter._full_at) == 10_000


def test_no_rate_is_no_limit(seconds):
    limiter = RateLimiter(Rate(per_second=0, burst=1), seconds)

    assert {limiter.take("a") for _ in range(100)} == {0}


def _principal(*scopes: Scope) -> Principal:
    return Principal("t1", "ci", frozenset(scopes))


def test_token_is_refused_with_the_time_to_wait_and_counted(limits, registry):
    for _ in range(2):
        limits.check_token(_principal(Scope.READER))

    with pytest.raises(TooManyRequestsError, match='"ci" makes too many requests') as raised:
        limits.check_token(_principal(Scope.READER))
    assert raised.value.extras["retry_after_seconds"] == 1
    counted = registry.get_sample_value("mlmon_http_rate_limited_requests_total", {"by": "token"})
    assert counted == 1


@pytest.mark.parametrize("scope", [Scope.AGENT, Scope.SERVICE])
def test_agents_and_services_are_not_limited(limits, scope):
    for _ in range(10):
        limits.check_token(_principal(scope, Scope.READER))


def test_address_of_many_unknown_tokens_is_refused_and_not_trusted(limits, seconds):
    limits.note_failure("192.0.2.1")

    assert not limits.is_trusted("192.0.2.1")
    assert limits.is_trusted("192.0.2.2")
    with pytest.raises(TooManyRequestsError, match="unknown or has expired"):
        limits.note_failure("192.0.2.1")
    seconds.now += 2
    assert limits.is_trusted("192.0.2.1")


def test_hosts_of_one_ipv6_network_are_one_address(limits):
    limits.note_failure("2001:db8::1")

    assert not limits.is_trusted("2001:db8::ffff:2")
    assert limits.is_trusted("2001:db8:0:1::1")


async def _answers(monkeypatch, statuses: list[int], tries: int) -> tuple[list[float], int]:
    """Return the waits of a POST that must not be repeated, and its last status."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(anyio, "sleep", note)
    left = iter(statuses)
    problem = {"detail": "no"}
    handler = httpx.MockTransport(
        lambda _: httpx.Response(next(left), json=problem, headers={"Retry-After": "2"})
    )
    async with httpx.AsyncClient(transport=handler) as http:
        client = Transport("http://mlmon.test", http=http, tries=tries)
        try:
            status = (await client.send("POST", "/v1/runs", json={})).status_code
        except (TooManyRequestsError, ServiceUnavailableError) as error:
            status = error.status
    return waits, status


async def test_client_waits_as_long_as_a_429_says_even_with_what_it_must_not_repeat(monkeypatch):
    waits, status = await _answers(monkeypatch, [429, 429, 202], tries=4)

    assert status == 202
    assert all(2 <= wait <= 2.4 for wait in waits)
    assert len(waits) == 2


@pytest.mark.parametrize(("statuses", "tries"), [([429, 429], 2), ([503], 4)])
async def test_client_gives_up_after_its_tries_or_what_may_have_been_done(
    monkeypatch, statuses, tries
):
    waits, status = await _answers(monkeypatch, statuses, tries)

    assert (len(waits), status) == (len(statuses) - 1, statuses[-1])
