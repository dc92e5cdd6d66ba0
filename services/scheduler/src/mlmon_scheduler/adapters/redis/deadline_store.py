"""Runs with deadlines in Redis."""

from collections.abc import Sequence
from typing import Any, Final

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.watch_deadlines import ChainLink, Verdict
from mlmon_shared.wire.states import FINAL_RUN_STATES

_CHUNK: Final = 100
_SAMPLE: Final = 64
"""Parents of a run, and members of a group, that are looked at."""
_FIELDS: Final = (
    "state", "job", "version", "estimate", "not_before", "deadline", "attempt",
)  # fmt: skip
_UNSEALED: Final = "+"


class RedisDeadlineStore(RedisCommands):
    """Implements `DeadlineStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def now_ms(self) -> int:
        """Return the store's time."""
        return await self._scripts.now_ms()

    async def find_due(self, limit: int) -> list[str]:
        """Return runs that are to be looked at now."""
        now_ms = await self.now_ms()
        return list(
            await self._do("ZRANGE", key("deadlines"), "-inf", now_ms, "BYSCORE", "LIMIT", 0, limit)
        )

    async def read_links(self, names: Sequence[str]) -> list[ChainLink | None]:
        """Return these runs and groups; None for one that is final or unknown."""
        answers = await self._many([command for name in names for command in _commands(name)])
        pairs = list(zip(answers[::2], answers[1::2], strict=True))
        starts = await self._many(
            [
                ("HGET", key("attempt", name, facts[-1] or "0"), "accepted_at")
                for name, (facts, _) in zip(names, pairs, strict=True)
            ]
        )
        return [
            _link(name, facts, parents, start)
            for name, (facts, parents), start in zip(names, pairs, starts, strict=True)
        ]

    async def note(self, verdicts: Sequence[Verdict]) -> int:
        """Keep what was found of runs that are not final; return how many now will be late."""
        late = 0
        for start in range(0, len(verdicts), _CHUNK):
            values = [
                value
                for verdict in verdicts[start : start + _CHUNK]
                for value in (
                    verdict.run_id,
                    verdict.outlook.value,
                    "" if verdict.look_at_ms is None else verdict.look_at_ms,
                    verdict.lane or "",
                )
            ]
            _, answer = await self._scripts.call("note_outlook", [key("ep")], values)
            late += int(answer[0])
        return late

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Look at these no more."""
        if run_ids:
            await self._do("ZREM", key("deadlines"), *run_ids)


def _commands(name: str) -> list[tuple[Any, ...]]:
    run = ("HMGET", key("run", name), *_FIELDS)
    if name.startswith("g:"):
        return [run, ("SRANDMEMBER", key("members", name[2:]), _SAMPLE)]
    if name.startswith("a:"):
        return [run, ("MGET", key("awaited", name))]
    return [run, ("HRANDFIELD", key("needs", name), _SAMPLE)]


def _link(
    name: str,
    facts: Sequence[str | None],
    parents: Sequence[str | None],
    accepted_at: str | None,
) -> ChainLink | None:
    above = [parent for parent in parents if parent and parent != _UNSEALED]
    if name.startswith(("g:", "a:")):
        return ChainLink({}, above)
    fields = {field: text for field, text in zip(_FIELDS, facts, strict=True) if text}
    if fields.get("state") in FINAL_RUN_STATES or "state" not in fields:
        return None
    if accepted_at and fields["state"] in {"running", "cancelling"}:
        fields["accepted_at"] = accepted_at
    return ChainLink(fields, above)
