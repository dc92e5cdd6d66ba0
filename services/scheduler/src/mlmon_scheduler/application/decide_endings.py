"""Decide what a run does after an attempt, on the state of it that was read."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.stored import AttemptEnding, LiveRun
from mlmon_scheduler.domain.requests import Growth, grow_memory, request_fields
from mlmon_scheduler.domain.retries import (
    Budget,
    Decision,
    Ending,
    Spent,
    decide_next,
    remember_host,
)
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources, Retries
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.states import Cause, RunState

RetriesLookup = Callable[[str, int], Awaitable[Retries]]
PoolsLookup = Callable[[Sequence[str]], Sequence[Pool]]
_PAYING: Final = (Budget.INFRA, Budget.USER, Budget.MEMORY)


class EndingDecider:
    """Applies the retry policy of a run's job.

    Args:
        runs: For the store's time.
        retries_of: Returns the retry policy of a version of a job.
        pools_of: Returns the pools of these names, all for none.
        jitter: Returns a random number, 0 to 1.
    """

    def __init__(
        self,
        runs: RunStore,
        retries_of: RetriesLookup,
        pools_of: PoolsLookup,
        jitter: Callable[[], float],
    ) -> None:
        self._runs = runs
        self._retries_of = retries_of
        self._pools_of = pools_of
        self._jitter = jitter

    async def decide(
        self,
        run: LiveRun,
        how: Ending,
        *,
        attempt_fields: Mapping[str, str],
        run_fields: Mapping[str, str],
        attempt: int | None = None,
        fence: str | None = None,
        lost_agent: str | None = None,
        reporter: str | None = None,
    ) -> AttemptEnding:
        """Return the end of an attempt, with what the run does next.

        Args:
            run: As it was read; the store refuses the ending if it has changed since.
            how: The attempt ended.
            attempt_fields: To be written into the attempt.
            run_fields: To be written into the run, beside what the decision changes.
            attempt: Its number; the run's newest when left out.
            fence: Of the attempt; the run's when left out.
            lost_agent: See `AttemptEnding`.
            reporter: See `AttemptEnding`.
        """
        number = attempt if attempt is not None else int(run.fields["attempt"])
        changed = dict(run_fields)
        avoided = _hosts(run.fields)
        host = _find_host(run, number)
        if how.is_infra_failure and how.is_of_host and host is not None:
            avoided = remember_host(avoided, host)
            changed["avoid"] = ",".join(avoided)
        decision = await self._apply_policy(run.fields, how, avoided)
        changed |= _decided_fields(run.fields, decision, changed.get("reason", ""))
        ready_at = None
        if decision.state is RunState.DELAYED:
            ready_at = await self._runs.now_ms() + round(decision.delay_seconds * 1000)
            changed["not_before"] = str(ready_at)
        return AttemptEnding(
            run_id=run.fields["id"],
            attempt=number,
            fence=fence if fence is not None else run.fields["fence"],
            rv=run.fields["rv"],
            attempt_state=how.state,
            run_state=decision.state,
            ready_at_ms=ready_at,
            attempt_fields=attempt_fields,
            run_fields=changed,
            published=changed.get("artifacts", "") if decision.state is RunState.SUCCEEDED else "",
            lost_agent=lost_agent,
            reporter=reporter,
            speaks_against_host=how.speaks_against_host,
            mark=how.mark,
        )

    async def _apply_policy(
        self, fields: Mapping[str, str], how: Ending, avoided: Sequence[str]
    ) -> Decision:
        policy = await self._retries_of(fields["job"], int(fields["version"]))
        return decide_next(
            how,
            policy,
            Spent(**{budget: int(fields.get(f"spent_{budget}") or 0) for budget in _PAYING}),
            is_cancelling=fields["state"] == RunState.CANCELLING,
            jitter=self._jitter(),
            failed_hosts=avoided,
            growth=self._growth(fields, how, policy),
        )

    def _growth(self, fields: Mapping[str, str], how: Ending, policy: Retries) -> Growth | None:
        if how.cause is not Cause.OOM or policy.memory_on_oom is None:
            return None
        pools = self._pools_of(json.loads(fields["pools"]))
        resources = read_json(Resources, fields["resources"])
        return grow_memory(resources, policy.memory_on_oom, pools)


def _decided_fields(fields: Mapping[str, str], decision: Decision, reason: str) -> dict[str, str]:
    changed: dict[str, str] = {}
    if decision.budget in _PAYING:
        name = f"spent_{decision.budget}"
        changed[name] = str(int(fields.get(name) or 0) + 1)
    if decision.resources is not None:
        changed |= request_fields(decision.resources, fields["shape"])
    if decision.remark:
        changed["reason"] = f"{reason} {decision.remark}".strip()
    if decision.state is RunState.CANCELLED:
        changed["reason"] = fields.get("reason") or "Cancelled."
    if decision.state is RunState.SUCCEEDED:
        changed |= {"cause": "", "reason": ""}
    return changed


def _hosts(fields: Mapping[str, str]) -> list[str]:
    return fields["avoid"].split(",") if fields.get("avoid") else []


def _find_host(run: LiveRun, number: int) -> str | None:
    hosts = (each["host"] for each in run.attempts if each["number"] == str(number))
    return next(hosts, None)
