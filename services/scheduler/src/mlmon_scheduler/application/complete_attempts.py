"""Record how attempts ended: reported by their agent, or lost with it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from mlmon_scheduler.application.ports import ArtifactStore, LeaseStore, RunStore
from mlmon_scheduler.application.stored import AttemptEnding, Completion, LiveRun
from mlmon_scheduler.domain.retries import Budget, Decision, Ending, Spent, decide_next
from mlmon_shared.errors import ConflictError, InvalidRequestError, StaleFenceError
from mlmon_shared.wire.agent_protocol import Accept, Result, ResultAnswer
from mlmon_shared.wire.job_definitions import Retries
from mlmon_shared.wire.states import (
    FINAL_ATTEMPT_STATES,
    FINAL_RUN_STATES,
    AttemptState,
    Cause,
    RunState,
)

_TRIES: Final = 20
_ANY: Final = "-1"

RetriesLookup = Callable[[str, int], Awaitable[Retries]]


class AttemptCompleter:
    """Decides what a run does after an attempt, and records both in one step.

    Args:
        runs: Live runs.
        leases: What agents hold.
        artifacts: To check that what is published is there.
        retries_of: Returns the retry policy of a version of a job.
        jitter: Returns a random number, 0 to 1.
    """

    def __init__(
        self,
        runs: RunStore,
        leases: LeaseStore,
        artifacts: ArtifactStore,
        retries_of: RetriesLookup,
        jitter: Callable[[], float],
    ) -> None:
        self._runs = runs
        self._leases = leases
        self._artifacts = artifacts
        self._retries_of = retries_of
        self._jitter = jitter

    async def complete_attempts(
        self, results: Sequence[Result], agent_id: str
    ) -> list[ResultAnswer]:
        """Take an agent's results, as `complete_attempt` does; those of one run in their order.

        Raises:
            InvalidRequestError: One of their states is none in which an attempt ends.
        """
        for result in results:
            _check_state(result)
        by_run: dict[str, list[int]] = {}
        for place, result in enumerate(results):
            by_run.setdefault(result.run_id, []).append(place)
        answers: dict[int, ResultAnswer] = {}

        async def complete(places: Sequence[int]) -> None:
            for place in places:
                answers[place] = await self.complete_attempt(results[place], agent_id)

        await asyncio.gather(*(complete(places) for places in by_run.values()))
        return [answers[place] for place in range(len(results))]

    async def complete_attempt(self, result: Result, agent_id: str) -> ResultAnswer:
        """Take an agent's result; repeating one that was accepted returns the same answer.

        Args:
            result: How it ended.
            agent_id: Who says so; another agent's attempt is none of its business.

        Raises:
            InvalidRequestError: Its state is not one in which an attempt ends.
        """
        _check_state(result)
        try:
            completion = await self._complete(result, agent_id)
        except StaleFenceError as error:
            return _answer(result, "stale-fence", detail=error.detail)
        return _answer(
            result,
            "accepted",
            run_state=RunState(completion.run_state),
            position=completion.position,
        )

    async def fail_attempt(self, agent_id: str, accept: Accept, run_id: str, reason: str) -> None:
        """End an attempt that cannot begin, as a failure of ours."""
        result = Result(
            run_id=run_id,
            attempt=accept.attempt,
            fence=accept.fence,
            event_id=f"{run_id}.{accept.attempt}.{accept.fence}",
            state=AttemptState.FAILED,
            cause=Cause.INFRA,
            reason=reason,
        )
        await self.complete_attempt(result, agent_id)

    async def lose_attempts(self, agent_id: str, *, reason: str, is_proven: bool) -> None:
        """End what an agent held, as lost.

        Args:
            agent_id: Whose attempts.
            reason: One sentence.
            is_proven: False: only if the agent's deadline has passed.
        """
        for run_id in await self._leases.list_held(agent_id):
            await self.lose_attempt(run_id, agent_id, reason=reason, is_proven=is_proven)

    async def lose_attempt(
        self, run_id: str, agent_id: str, *, reason: str, is_proven: bool
    ) -> None:
        """End one attempt of an agent as lost; nothing happens if it holds it no more."""
        for _ in range(_TRIES):
            run = await self._runs.find_run(run_id)
            if run is None or run.fields.get("agent") != agent_id:
                return
            is_unaccepted = run.fields["state"] == RunState.LEASED
            state = AttemptState.RETURNED if is_unaccepted else AttemptState.LOST
            cause = None if is_unaccepted else Cause.LOST
            decision = await self._decide(run, Ending(state, cause, None))
            fields = {"reason": reason} | ({"cause": cause.value} if cause is not None else {})
            ending = await self._ending(
                run,
                decision,
                attempt_state=state,
                attempt_fields=fields,
                run_fields=fields,
                lost_agent=None if is_proven else agent_id,
            )
            try:
                if not (await self._leases.complete(ending)).is_outdated:
                    return
            except StaleFenceError:
                return

    async def _complete(self, result: Result, agent_id: str) -> Completion:
        result = await self._check_published(result)
        for _ in range(_TRIES):
            run = await self._runs.find_run(result.run_id)
            _check_holder(run, result, agent_id)
            ending = await self._ending_of(run, result)
            completion = await self._leases.complete(ending)
            if not completion.is_outdated:
                return completion
        raise ConflictError(
            f"run {result.run_id} keeps changing; send the result again", retry_after_seconds=1
        )

    async def _check_published(self, result: Result) -> Result:
        """Turn a success whose files are not all in the store into a failure of ours."""
        if result.state is not AttemptState.SUCCEEDED or not result.artifacts:
            return result
        attempt_id = f"{result.run_id}.{result.attempt}"
        missing = await self._artifacts.find_missing(attempt_id, result.artifacts)
        if not missing:
            return result
        return result.model_copy(
            update={
                "state": AttemptState.FAILED,
                "cause": Cause.INFRA,
                "reason": f"The output {missing[0]} did not reach the artifact store.",
                "artifacts": [],
            }
        )

    async def _ending_of(self, run: LiveRun | None, result: Result) -> AttemptEnding:
        facts = _facts(result)
        if run is None or run.fields["state"] in FINAL_RUN_STATES:
            # Nothing to decide: the store answers what it stored, or stale-fence.
            return AttemptEnding(
                result.run_id, result.attempt, result.fence, _ANY, result.state, RunState.FAILED
            )
        decision = await self._decide(run, Ending(result.state, result.cause, result.exit_code))
        run_fields = {name: facts[name] for name in ("cause", "exit_code", "reason")}
        if result.state is AttemptState.SUCCEEDED:
            artifacts = [item.model_dump() for item in result.artifacts]
            run_fields["artifacts"] = json.dumps(artifacts)
        run_fields["metrics"] = json.dumps(result.metrics)
        return await self._ending(
            run,
            decision,
            attempt_state=result.state,
            attempt_fields=facts,
            run_fields=run_fields,
            attempt=result.attempt,
            fence=result.fence,
        )

    async def _decide(self, run: LiveRun, ending: Ending) -> Decision:
        fields = run.fields
        policy: Retries = await self._retries_of(fields["job"], int(fields["version"]))
        spent = Spent(int(fields.get("spent_infra") or 0), int(fields.get("spent_user") or 0))
        return decide_next(
            ending,
            policy,
            spent,
            is_cancelling=fields["state"] == RunState.CANCELLING,
            jitter=self._jitter(),
        )

    async def _ending(
        self,
        run: LiveRun,
        decision: Decision,
        *,
        attempt_state: AttemptState,
        attempt_fields: Mapping[str, str],
        run_fields: Mapping[str, str],
        attempt: int | None = None,
        fence: str | None = None,
        lost_agent: str | None = None,
    ) -> AttemptEnding:
        fields = run.fields
        changed = dict(run_fields)
        ready_at = None
        if decision.budget in {Budget.INFRA, Budget.USER}:
            name = f"spent_{decision.budget}"
            changed[name] = str(int(fields.get(name) or 0) + 1)
        if decision.state is RunState.DELAYED:
            ready_at = await self._runs.now_ms() + round(decision.delay_seconds * 1000)
            changed["not_before"] = str(ready_at)
        if decision.state is RunState.CANCELLED:
            changed["reason"] = fields.get("reason") or "Cancelled."
        if decision.state is RunState.SUCCEEDED:
            changed |= {"cause": "", "reason": ""}
        return AttemptEnding(
            run_id=fields["id"],
            attempt=attempt if attempt is not None else int(fields["attempt"]),
            fence=fence if fence is not None else fields["fence"],
            rv=fields["rv"],
            attempt_state=attempt_state,
            run_state=decision.state,
            ready_at_ms=ready_at,
            attempt_fields=attempt_fields,
            run_fields=changed,
            published=changed.get("artifacts", "") if decision.state is RunState.SUCCEEDED else "",
            lost_agent=lost_agent,
        )


def _check_state(result: Result) -> None:
    if result.state not in FINAL_ATTEMPT_STATES:
        raise InvalidRequestError(
            f"attempt {result.attempt} of run {result.run_id} cannot end as {result.state}"
        )


def _check_holder(run: LiveRun | None, result: Result, agent_id: str) -> None:
    """Refuse the result of an attempt that was leased to another agent."""
    attempts = run.attempts if run is not None else []
    for attempt in attempts:
        if attempt["number"] == str(result.attempt) and attempt["agent"] != agent_id:
            raise StaleFenceError(
                f"attempt {result.attempt} of run {result.run_id} is another agent's"
            )


def _facts(result: Result) -> dict[str, str]:
    return {
        "cause": result.cause.value if result.cause is not None else "",
        "exit_code": "" if result.exit_code is None else str(result.exit_code),
        "reason": result.reason,
        "phases": json.dumps(result.phases),
        "usage": result.usage.model_dump_json(exclude_none=True),
    }


def _answer(
    result: Result,
    status: str,
    *,
    run_state: RunState | None = None,
    position: str = "",
    detail: str = "",
) -> ResultAnswer:
    return ResultAnswer(
        run_id=result.run_id,
        attempt=result.attempt,
        fence=result.fence,
        status=status,
        run_state=run_state,
        position=position,
        detail=detail,
    )
