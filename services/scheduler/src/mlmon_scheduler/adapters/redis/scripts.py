"""Load the Lua scripts and turn their status integers into errors.

Each script opens with a header (KEYS, ARGV, RETURNS, ERRORS); files under `lua/lib` are
pulled in by `--@include name`, once each. All scripts are one library of functions, so that
what they share is defined once and not anew by each call.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import redis.asyncio
import redis.exceptions
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from mlmon_scheduler.adapters.redis.keys import key, lua_prelude
from mlmon_scheduler.adapters.redis.pipelining import Pipelining
from mlmon_scheduler.domain.forecasts import LANE_WEIGHTS
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.wire.images import MARK_LENGTH

OnConnect = Callable[[AbstractConnection], Awaitable[None]]
_FUNCTION: Final = """
do
local function body()
{body}
end
redis.register_function{{
  function_name = '{name}',
  flags = {{ {flags} }},
  callback = function(keys, args)
    KEYS, ARGV = keys, args
    read_clock()
    read_epoch()
    return body()
  end,
}}
end
"""
_NO_FUNCTION: Final = "Function not found"
_INCLUDE: Final = re.compile(r"^--@include (\w+)$", re.MULTILINE)
NAMES: Final = (
    "accept",
    "add_backfill",
    "add_edges",
    "admit",
    "adopt",
    "advance_recovery",
    "beat",
    "begin_epoch",
    "cancel",
    "close_breaker",
    "change_backfill",
    "claim_recovery",
    "cap_lanes",
    "complete",
    "configure_clients",
    "configure_resources",
    "drain_agent",
    "enqueue",
    "expire_agent",
    "expire_grants",
    "expire_starts",
    "expire_timeouts",
    "fan_out",
    "forget",
    "hold",
    "inherit",
    "label_agent",
    "lease",
    "note_backfill",
    "note_batch_change",
    "note_outlook",
    "note_slot",
    "open_batch",
    "promote_delayed",
    "record_action",
    "recount",
    "register_agent",
    "release",
    "release_agent",
    "report_progress",
    "reprioritise",
    "reserve",
    "restore_batch",
    "restore_lease",
    "seal_batch",
    "use_bundle",
)
REDIS_AWAY: Final = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
)
"""What means that Redis cannot serve now; anything else that it raises is a bug of ours."""
_TIMEOUT_SECONDS: Final = 5.0
"""Longer than any blocking read."""
LIBRARY_PREFIX: Final = "mlmon_"
"""The name of a library ends in the hash of its scripts."""
_CONNECTIONS: Final = 50
OK: Final = 0
NO_EPOCH: Final = 1
UNKNOWN_PARENT: Final = 2
UNKNOWN_SESSION: Final = 3
SPOOL_EXPIRED: Final = 7
STALE_FENCE: Final = 4
RUN_CHANGED: Final = 5
AGENT_ALIVE: Final = 6
UNKNOWN_AGENT: Final = 8
NOT_OPEN: Final = 9
ANOTHER_AGENT: Final = 10
NOT_ACCEPTED: Final = 11
TOO_MANY: Final = 12
AGENT_BOUND: Final = 13
ORDER_BASE: Final = 10**15
"""Added to an order, so that its text sorts as the number does."""


def function_name(name: str) -> str:
    """Return what a script is called in Redis; versions of it do not get into each other's way."""
    return f"{name}_{bundle_hash()}"


def _prelude() -> str:
    """Return Lua that defines keys, and what Python and the scripts both have to know."""
    weights = ", ".join(f"{lane.value} = {weight}" for lane, weight in LANE_WEIGHTS.items())
    return (
        f"{lua_prelude()}local LANE_WEIGHTS = {{ {weights} }}\nlocal ORDER_BASE = {ORDER_BASE}\n"
        f"local MARK_LENGTH = {MARK_LENGTH}\n"
    )


@cache
def library_source() -> str:
    """Return the library of all scripts."""
    included: set[str] = set()
    shared = "".join(_inline(f"--@include {name}\n", included) for name in ("clock", "events"))
    functions = ""
    for name in NAMES:
        shebang, _, body = _source(name).partition("\n")
        shared += "".join(
            _inline(f"{line}\n", included) for line in body.splitlines() if _INCLUDE.match(line)
        )
        flags = ", ".join(f"'{flag}'" for flag in _flags_of(shebang))
        functions += _FUNCTION.format(
            name=function_name(name), flags=flags, body=_INCLUDE.sub("", body)
        )
    return (
        f"#!lua name={LIBRARY_PREFIX}{bundle_hash()}\n"
        f"{_prelude()}local BUNDLE = '{bundle_hash()}'\n"
        f"local KEYS, ARGV\n{shared}{functions}"
    )


@cache
def bundle_hash() -> str:
    """Return what tells these scripts and keys from those of another version."""
    whole = _prelude() + "".join(_inline(_source(name), set()) for name in NAMES)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def log_script() -> str:
    """Return the script that log tails are appended by, in a Redis of their own."""
    shebang, _, body = _source("append_log").partition("\n")
    return f"{shebang}\n{lua_prelude()}{body}"


def _source(name: str) -> str:
    return (files("mlmon_scheduler.adapters.redis") / "lua" / f"{name}.lua").read_text()


def _flags_of(shebang: str) -> list[str]:
    _, _, flags = shebang.partition("flags=")
    return [flag for flag in flags.split(",") if flag]


def _inline(source: str, included: set[str]) -> str:
    folder = files("mlmon_scheduler.adapters.redis") / "lua" / "lib"

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name in included:
            return ""
        included.add(name)
        return _inline((folder / f"{name}.lua").read_text(), included)

    return _INCLUDE.sub(replace, source)


def connect(url: str, *, is_text: bool, on_connect: OnConnect | None = None) -> redis.asyncio.Redis:
    """Return a client that soon says when Redis does not answer.

    A broken connection is replaced once; a Redis that stands still is not asked again and
    again while the caller's own patience runs out. All that is sent may be sent twice.
    Who finds every connection taken waits for one: a thousand agents may come at once.

    Args:
        url: Of the Redis.
        is_text: Whether answers are decoded.
        on_connect: Prepares each new connection, in place of what redis-py does.
    """
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_TIMEOUT_SECONDS,
        decode_responses=is_text,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
        redis_connect_func=on_connect,
    )
    return redis.asyncio.Redis.from_pool(pool)


class Scripts:
    """Calls scripts by name; a script that says "no epoch" raises StoreUnavailableError.

    Calls and commands that wait at the same time are sent together.

    Args:
        client: Decoding answers to text.
        now_ms: Only in tests; production uses Redis' own time.
        recoverer: Only for who recovers the shard: what others may not do meanwhile, it may.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        *,
        now_ms: Callable[[], int] | None = None,
        recoverer: str = "",
    ) -> None:
        self._now_ms = now_ms
        self._pass = [key("recoverer", recoverer)] if recoverer else []
        self._pipelining = Pipelining(client)

    async def now_ms(self) -> int:
        """Return the time that scripts see, in milliseconds."""
        if self._now_ms is not None:
            return self._now_ms()
        seconds, microseconds = await self.do("TIME")
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def do(self, *command: Any) -> Any:  # noqa: ANN401 - whatever Redis takes and answers
        """Send one command that does not block, and return its answer.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            return await self._pipelining.do(*command)
        except REDIS_AWAY as error:
            raise unavailable(error) from error

    async def do_all(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Send commands that do not block, and return their answers.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            answers = await self._pipelining.do_all(commands)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        return answers

    async def call(self, name: str, keys: list[str], arguments: list[Any]) -> tuple[int, list[Any]]:
        """Run a script and return its status and the rest of its answer.

        Args:
            name: Of the script's file.
            keys: As its header says.
            arguments: As its header says, without the last, `now_ms`.

        Raises:
            StoreUnavailableError: Redis does not answer, or has no epoch yet.
        """
        (answer,) = await self.call_all(name, keys, [arguments])
        return answer

    async def call_all(
        self, name: str, keys: list[str], calls: Sequence[Sequence[Any]]
    ) -> list[tuple[int, list[Any]]]:
        """Run a script several times in order, in one round trip; return each one's answer.

        Args:
            name: Of the script's file.
            keys: As its header says.
            calls: Arguments of each call, without the last, `now_ms`.

        Raises:
            StoreUnavailableError: Redis does not answer, or has no epoch yet.
        """
        now_ms = "" if self._now_ms is None else str(self._now_ms())
        all_keys = [*keys, *self._pass]
        start = ("FCALL", function_name(name), len(all_keys), *all_keys)
        commands = [(*start, *arguments, now_ms) for arguments in calls]
        try:
            answers = await self.do_all(commands)
        except redis.exceptions.ResponseError as error:
            if _NO_FUNCTION not in str(error):
                raise
            await self.do("FUNCTION LOAD", "REPLACE", library_source())
            answers = await self.do_all(commands)
        for answer in answers:
            if int(answer[0]) == NO_EPOCH:
                raise StoreUnavailableError(await self._why_refused(), retry_after_seconds=2)
        return [(int(answer[0]), answer[1:]) for answer in answers]

    async def _why_refused(self) -> str:
        epoch, recovery, bundle = await self.do("HMGET", key("ep"), "epoch", "recovery", "bundle")
        if epoch is None:
            return "the queue has no epoch yet; it begins one as soon as report-writer answers"
        if bundle not in {None, bundle_hash()}:
            return "a newer version of the scheduler has taken over; this replica is to be stopped"
        if recovery:
            return "the queue was lost and is being recovered from history"
        return "the queue was not ready; try again"


def unavailable(error: redis.exceptions.RedisError) -> StoreUnavailableError:
    """Return our error for one of Redis'."""
    return StoreUnavailableError(
        f"the queue's store does not answer: {error}", retry_after_seconds=2
    )
