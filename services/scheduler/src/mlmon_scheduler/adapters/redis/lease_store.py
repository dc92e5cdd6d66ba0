"""Agents and leases in Redis."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.commands import RedisCommands, hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import (
    AGENT_ALIVE,
    AGENT_BOUND,
    ANOTHER_AGENT,
    NOT_ACCEPTED,
    REDIS_AWAY,
    RUN_CHANGED,
    STALE_FENCE,
    UNKNOWN_AGENT,
    UNKNOWN_SESSION,
    Scripts,
    unavailable,
)
from mlmon_scheduler.application.stored import (
    Acceptance,
    AttemptEnding,
    BeatOutcome,
    Completion,
    Lease,
    LeasedRun,
    Left,
    OverdueAttempt,
    Refusal,
)
from mlmon_scheduler.domain.attempt_limits import AttemptLimits
from mlmon_scheduler.domain.instances import explain_claim
from mlmon_shared.errors import (
    ConflictError,
    NotAcceptedError,
    NotFoundError,
    StaleFenceError,
    UnauthenticatedError,
)
from mlmon_shared.wire.agent_protocol import Directive, DirectiveKind, Held, Vector
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.states import Cause

_DUE_LIMIT: Final = 1000
_AT_ONCE: Final = 16
"""Grants or endings in one call of a script, which nobody else can interrupt."""


class RedisLeaseStore(RedisCommands):
    """Implements `LeaseStore`.

    Args:
        client: Decoding answers to text.
        scripts: On the same client.
        accept_seconds: How long an agent may take to accept a grant.
        spill_after_seconds: When a run may start in a pool that is not its first choice.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        scripts: Scripts,
        *,
        accept_seconds: float,
        spill_after_seconds: float,
    ) -> None:
        super().__init__(scripts)
        self._client = client
        self._accept_ms = round(accept_seconds * 1000)
        self._spill_ms = round(spill_after_seconds * 1000)

    async def register_agent(
        self,
        agent_id: str,
        session: str,
        deadline_seconds: float,
        fields: Mapping[str, str],
        *,
        nonce_sha256: str = "",
    ) -> str:
        """Begin a session; return the boot id that the agent had before, or an empty text."""
        deadline_ms, packed = round(deadline_seconds * 1000), json.dumps(dict(fields))
        status, answer = await self._scripts.call(
            "register_agent", [key("ep")], [agent_id, session, deadline_ms, packed, nonce_sha256]
        )
        if status == AGENT_BOUND:
            raise ConflictError(explain_claim(agent_id))
        return str(answer[0])

    async def is_awaited(self, agent_id: str) -> bool:
        """Tell whether an agent is in contact, or at least not lost yet."""
        return await self._do("ZSCORE", key("agents_by_deadline"), agent_id) is not None

    async def find_agent(self, agent_id: str) -> Mapping[str, str] | None:
        """Return an agent's fields."""
        return hash_of(await self._do("HGETALL", key("agent", agent_id))) or None

    async def list_agents(self) -> list[tuple[Mapping[str, str], list[str], float | None]]:
        """Return fields, held attempt ids and deadline (ms) of every agent."""
        found = []
        for agent_id in await self._do("ZRANGE", key("agents"), 0, -1):
            fields = await self.find_agent(agent_id)
            held = hash_of(await self._do("HGETALL", key("held", agent_id)))
            attempts = [f"{run}.{value.split('|')[0]}" for run, value in held.items()]
            deadline = await self._do("ZSCORE", key("agents_by_deadline"), agent_id)
            if fields:
                when = float(deadline) if deadline is not None else None
                found.append((fields, sorted(attempts), when))
        return found

    async def count_agents(self) -> int:
        """Return how many agents are registered."""
        return int(await self._do("ZCARD", key("agents")))

    async def lease(
        self,
        agent_id: str,
        session: str,
        *,
        poll_seq: int,
        free: Vector,
        maximum: int,
        images: Sequence[str] = (),
    ) -> Lease:
        """Grant the next runs that fit."""
        status, answer = await self._scripts.call(
            "lease",
            [key("ep")],
            [
                agent_id,
                session,
                poll_seq,
                free.cpu_milli,
                free.memory,
                free.gpus,
                free.disk,
                maximum,
                self._accept_ms,
                self._spill_ms,
                ",".join(images),
            ],
        )
        _check_session(status)
        accept_by, left, *values = answer
        rows = [values[place : place + 7] for place in range(0, len(values), 7)]
        runs = [
            LeasedRun(
                run_id=run_id,
                attempt=int(attempt),
                fence=fence,
                vector=Vector(
                    cpu_milli=int(cpu), memory=int(memory), gpus=int(gpus), disk=int(disk)
                ),
            )
            for run_id, attempt, fence, cpu, memory, gpus, disk in rows
        ]
        return Lease(runs, from_milliseconds(accept_by), Left(left))

    async def find_directives(self, agent_id: str) -> list[Directive]:
        """Return the orders that wait for an agent."""
        orders = hash_of(await self._do("HGETALL", key("directives", agent_id)))
        found = []
        for run_id, order in orders.items():
            kind, attempt, fence, reason = order.split("|", 3)
            found.append(
                Directive(
                    kind=DirectiveKind(kind),
                    run_id=run_id,
                    attempt=int(attempt),
                    fence=fence,
                    reason=reason,
                )
            )
        return found

    async def accept(
        self, agent_id: str, grants: Sequence[Acceptance]
    ) -> list[StaleFenceError | None]:
        """Turn grants into running attempts."""
        answers: list[StaleFenceError | None] = []
        for start in range(0, len(grants), _AT_ONCE):
            chunk = grants[start : start + _AT_ONCE]
            arguments: list[Any] = [agent_id]
            for grant in chunk:
                arguments += [grant.run_id, grant.attempt, grant.fence, *_limits(grant.limits)]
            _, given = await self._scripts.call("accept", [key("ep")], arguments)
            answers += [
                _stale_fence(answer, grant.run_id, grant.attempt)
                for grant, answer in zip(chunk, given, strict=True)
            ]
        return answers

    async def beat(
        self,
        agent_id: str,
        session: str,
        held: Sequence[Held],
        *,
        deadline_seconds: float,
        is_draining: bool,
        is_full: bool = False,
        gpu_faults: Mapping[str, str] | None = None,
        refusal: str | None = None,
        update_fault: str | None = None,
    ) -> BeatOutcome:
        """Take a sign of life."""
        arguments: list[Any] = [
            agent_id,
            session,
            int(is_draining),
            round(deadline_seconds * 1000),
            int(is_full),
            "" if gpu_faults is None else json.dumps(gpu_faults),
            "" if refusal is None else f"={refusal}",
            "" if update_fault is None else f"={update_fault}",
        ]
        for attempt in held:
            arguments += [
                attempt.run_id,
                attempt.attempt,
                attempt.fence,
                attempt.phase.value,
                attempt.detail,
                attempt.image,
                "" if attempt.progress is None else repr(attempt.progress),
                attempt.usage.model_dump_json(exclude_none=True),
                json.dumps(attempt.metrics) if attempt.metrics else "",
            ]
        status, answer = await self._scripts.call("beat", [key("ep")], arguments)
        _check_session(status)
        count = int(answer[0])
        rows = [answer[1 + place : 6 + place] for place in range(0, count * 5, 5)]
        directives = [
            Directive(
                kind=DirectiveKind(kind),
                run_id=run_id,
                attempt=int(attempt),
                fence=fence,
                reason=reason,
            )
            for run_id, kind, attempt, fence, reason in rows
        ]
        return BeatOutcome(directives, answer[1 + count * 5 :])

    async def complete(self, endings: Sequence[AttemptEnding]) -> list[Completion | Refusal]:
        """Record how attempts ended."""
        answers: list[Completion | Refusal] = []
        for start in range(0, len(endings), _AT_ONCE):
            chunk = endings[start : start + _AT_ONCE]
            arguments = list(itertools.chain.from_iterable(map(_ending, chunk)))
            _, given = await self._scripts.call("complete", [key("ep")], arguments)
            answers += [
                _completion(ending, answer) for ending, answer in zip(chunk, given, strict=True)
            ]
        return answers

    async def look(self) -> tuple[str, int]:
        """Return the name of the store's present process, and its time in milliseconds."""
        try:
            facts = await self._client.info("server")
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        return str(facts["run_id"]), await self._scripts.now_ms()

    async def expire_grants(self, limit: int, *, heard_since_ms: int) -> int:
        """Return overdue grants to the queue, if they could have been accepted in time."""
        if await self._scripts.now_ms() < heard_since_ms + self._accept_ms:
            return 0
        _, answer = await self._scripts.call("expire_grants", [key("ep")], [limit])
        return int(answer[0])

    async def expire_timeouts(self, limit: int) -> tuple[int, list[OverdueAttempt]]:
        """Have overdue attempts killed; return how many were due, and those to be ended."""
        _, answer = await self._scripts.call("expire_timeouts", [key("ep")], [limit])
        rows = [answer[place : place + 5] for place in range(1, len(answer), 5)]
        overdue = [
            OverdueAttempt(run_id, int(attempt), fence, Cause(cause), reason)
            for run_id, attempt, fence, cause, reason in rows
        ]
        return int(answer[0]), overdue

    async def list_expired_agents(self, limit: int, *, heard_since_ms: int) -> list[str]:
        """Return agents whose deadline has passed, after they could be heard all that time."""
        now_ms = await self._scripts.now_ms()
        name = key("agents_by_deadline")
        due = await self._do("ZRANGE", name, "-inf", now_ms, "BYSCORE", "LIMIT", 0, _DUE_LIMIT)
        expired: list[str] = []
        for agent_id in due:
            patience_ms = await self._do("HGET", key("agent", agent_id), "patience_ms")
            if heard_since_ms + int(patience_ms or 0) <= now_ms:
                expired.append(agent_id)
            if len(expired) == limit:
                break
        return expired

    async def find_holder(self, attempt_id: str) -> str | None:
        """Return the agent that an attempt is or was leased to, while its run is kept."""
        run_id, _, number = attempt_id.rpartition(".")
        found = await self._do("HGET", key("attempt", run_id, number), "agent")
        return cast("str | None", found)

    async def list_held(self, agent_id: str) -> list[str]:
        """Return ids of the runs that an agent holds."""
        return cast("list[str]", await self._do("HKEYS", key("held", agent_id)))

    async def label_agent(self, agent_id: str, labels: Mapping[str, str], offered: str) -> None:
        """Let an agent offer other labels."""
        await self._scripts.call(
            "label_agent", [key("ep")], [agent_id, json.dumps(dict(labels)), offered]
        )

    async def drain_agent(self, agent_id: str, who: str | None) -> None:
        """Grant an agent nothing more because somebody says so; None ends that."""
        status, _ = await self._scripts.call("drain_agent", [key("ep")], [agent_id, who or ""])
        _check_agent(status, agent_id)

    async def release_agent(self, agent_id: str, who: str) -> None:
        """End an agent's quarantine, if it is in one."""
        status, _ = await self._scripts.call("release_agent", [key("ep")], [agent_id, who])
        _check_agent(status, agent_id)

    async def forget_deadline(self, agent_id: str, *, is_leaving: bool) -> bool:
        """Stop waiting for an agent that holds nothing; False when it does, or is alive."""
        _, answer = await self._scripts.call(
            "expire_agent", [key("ep")], [agent_id, int(is_leaving)]
        )
        return bool(int(answer[0]))


def _check_session(status: int) -> None:
    if status == UNKNOWN_SESSION:
        raise UnauthenticatedError("this session has ended; register again")


def _check_agent(status: int, agent_id: str) -> None:
    if status == UNKNOWN_AGENT:
        raise NotFoundError(f"no agent {agent_id} is registered", agent_id=agent_id)


def _limits(limits: AttemptLimits | None) -> list[Any]:
    if limits is None:
        return ["", "", ""]
    silence = "" if limits.silence_ms is None else limits.silence_ms
    return [limits.run_ms, silence, limits.margin_ms]


def _ending(ending: AttemptEnding) -> list[Any]:
    return [
        ending.run_id,
        ending.attempt,
        ending.fence,
        ending.rv,
        ending.attempt_state,
        ending.run_state,
        "" if ending.ready_at_ms is None else ending.ready_at_ms,
        json.dumps(dict(ending.attempt_fields)),
        json.dumps(dict(ending.run_fields)),
        ending.published,
        ending.lost_agent or "",
        "1" if ending.speaks_against_host else "",
        ending.mark.value,
        ending.reporter or "",
    ]


def _completion(ending: AttemptEnding, answer: Sequence[Any]) -> Completion | Refusal:
    status = int(answer[0])
    if status in {RUN_CHANGED, AGENT_ALIVE}:
        return Completion(is_outdated=True)
    if status == ANOTHER_AGENT:
        return StaleFenceError(
            f"attempt {ending.attempt} of run {ending.run_id} is another agent's",
            run_id=ending.run_id,
            attempt=ending.attempt,
        )
    if status == NOT_ACCEPTED:
        return NotAcceptedError(
            f"attempt {ending.attempt} of run {ending.run_id} cannot have succeeded: it was "
            "never accepted; accept a grant before anything is started",
            run_id=ending.run_id,
            attempt=ending.attempt,
        )
    stale = _stale_fence(answer, ending.run_id, ending.attempt)
    return stale or Completion(run_state=str(answer[1]), position=str(answer[2]))


def _stale_fence(answer: Sequence[Any], run_id: str, attempt: int) -> StaleFenceError | None:
    if int(answer[0]) != STALE_FENCE:
        return None
    return StaleFenceError(
        f"attempt {attempt} of run {run_id} no longer holds its lease; "
        f"the run is {answer[1] or 'unknown'}",
        run_id=run_id,
        attempt=attempt,
    )
