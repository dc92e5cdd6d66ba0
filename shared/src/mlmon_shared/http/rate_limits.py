"""How many requests a token may make, and how often an address may show one that is none.

Counted in this process alone: nothing is asked of Redis for a request. So N replicas of a service
let through N times as much. Each counter is one number, the time at which the bucket would be full
again (the generic cell rate algorithm), which a list of recent requests per token would not be.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from mlmon_shared.errors import TooManyRequestsError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope

_KEYS: Final = 10_000
"""Counters that are kept; the one that was used least lately goes first."""
_SITE_BITS: Final = 64
"""Of an IPv6 address, what one holder cannot choose."""
_UNLIMITED: Final = frozenset({Scope.AGENT, Scope.SERVICE})


@dataclass(frozen=True)
class Rate:
    """How much is allowed.

    Attributes:
        per_second: In the long run; 0 is any number.
        burst: At once, after a pause.
    """

    per_second: float
    burst: int


class RateLimiter:
    """Counts by key.

    Args:
        rate: Allowed for each key.
        clock: Monotonic seconds.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def find_wait(self, key: str) -> float:
        """Return in how many seconds the key may go on; 0 when it may now."""
        if self._rate.per_second == 0:
            return 0.0
        now = self._clock()
        used_seconds = max(0.0, self._full_at.get(key, now) - now)
        return max(0.0, used_seconds - (self._rate.burst - 1) / self._rate.per_second)

    def take(self, key: str) -> float:
        """Count one, unless the key has to wait; return what `find_wait` does."""
        wait = self.find_wait(key)
        if wait == 0 and self._rate.per_second > 0:
            full_at = max(self._full_at.pop(key, 0.0), self._clock())
            self._full_at[key] = full_at + 1 / self._rate.per_second
            if len(self._full_at) > _KEYS:
                self._full_at.popitem(last=False)
        return wait


class RateLimits:
    """What one service refuses.

    Args:
        tokens: Requests of a token. Agents and services have no limit.
        failures: Requests of an address whose token is unknown or has expired. Good tokens are
            taken from it all the same, since many may be behind one address.
        registry: Where refusals are counted.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        tokens: Rate,
        failures: Rate,
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = RateLimiter(tokens, clock)
        self._failures = RateLimiter(failures, clock)
        self._refused = Counter(
            "mlmon_http_rate_limited_requests",
            "Requests that were answered 429, by what was counted: token or address.",
            ["by"],
            registry=registry,
        )

    def check_token(self, principal: Principal) -> None:
        """Count a request of a token.

        Raises:
            TooManyRequestsError: It made too many.
        """
        if principal.scopes & _UNLIMITED:
            return
        wait = self._tokens.take(principal.token_id)
        if wait > 0:
            raise self._refuse(
                "token", f'the token "{principal.name}" makes too many requests', wait
            )

    def is_trusted(self, address: str | None) -> bool:
        """Tell whether an address has shown few tokens lately that were none."""
        return self._failures.find_wait(_site(address)) == 0

    def note_failure(self, address: str | None) -> None:
        """Count a token that was none.

        Raises:
            TooManyRequestsError: There were too many from this address.
        """
        wait = self._failures.take(_site(address))
        if wait > 0:
            what = "too many requests with a token that is unknown or has expired"
            raise self._refuse("address", what, wait)

    def _refuse(self, by: str, what: str, wait: float) -> TooManyRequestsError:
        self._refused.labels(by).inc()
        seconds = max(1, math.ceil(wait))
        return TooManyRequestsError(
            f"{what}; go on in {seconds} s, more slowly", retry_after_seconds=seconds
        )


def _site(address: str | None) -> str:
    """Return what is counted for an address: of IPv6 the network, since hosts choose the rest."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if not isinstance(found, ipaddress.IPv6Address):
        return str(found)
    return str(ipaddress.ip_network((int(found), _SITE_BITS), strict=False))
