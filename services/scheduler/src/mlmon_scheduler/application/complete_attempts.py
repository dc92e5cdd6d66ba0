"""Record how attempts ended: reported by their agent, or lost with it."""

import json
from typing import Final

from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.ports import ArtifactStore, LeaseStore, RunStore
from mlmon_scheduler.application.stored import AttemptEnding, Completion, LiveRun, OverdueAttempt
from mlmon_scheduler.domain.retries import Ending
from mlmon_shared.errors import (
    ConflictError,
    InvalidRequestError,
    NotAcceptedError,
    StaleFenceError,
)
from mlmon_shared.wire.agent_protocol import Accept, Result, ResultAnswer
from mlmon_shared.wire.states import (
    FINAL_ATTEMPT_STATES,
    FINAL_RUN_STATES,
    AttemptState,
    Cause,
    RunState,
)

_TRIES: Final = 20
_ANY: Final = "-1"


class AttemptCompleter:
    """Decides what a run does after an attempt, and records both in one step.

    Args:
        runs: Live runs.
        leases: What agents hold.
        artifacts: To check that what is published is there.
        decider: Applies the retry policy.
    """

    def __init__(
        self,
        runs: RunStore,
        leases: LeaseStore,
        artifacts: ArtifactStore,
        decider: EndingDecider,
    ) -> None:
        self._runs = runs
        self._leases = leases
        self._artifacts = artifacts
        self._decider = decider

    async def complete_attempt(
        self, result: Result, agent_id: str, *, is_of_host: bool = True
    ) -> ResultAnswer:
        """Take an agent's result; repeating one that was accepted returns the same answer.

        Args:
            result: How it ended.
            agent_id: Who says so; another agent's attempt is none of its business.
            is_of_host: Whether a cause of ours may be the host's fault.

        Raises:
            InvalidRequestError: Its state is not one in which an attempt ends.
        """
        check_result(result)
        try:
            completion = await self._complete(result, agent_id, is_of_host=is_of_host)
        except (StaleFenceError, NotAcceptedError) as error:
            return _answer(result, error.code, detail=error.detail)
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
        await self.complete_attempt(result, agent_id, is_of_host=False)

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
            fields = {"reason": reason} | ({"cause": cause.value} if cause is not None else {})
            ending = await self._decider.decide(
                run,
                Ending(state, cause, None),
                attempt_fields=fields,
                run_fields=fields,
                lost_agent=None if is_proven else agent_id,
            )
            try:
                if not (await self._leases.complete(ending)).is_outdated:
                    return
            except StaleFenceError:
                return

    async def end_overdue(self, overdue: OverdueAttempt) -> None:
        """End an attempt that its agent did not kill; nothing happens if it has ended."""
        fields = {"reason": overdue.reason, "cause": overdue.cause.value}
        for _ in range(_TRIES):
            run = await self._runs.find_run(overdue.run_id)
            if run is None or run.fields.get("fence") != overdue.fence:
                return
            ending = await self._decider.decide(
                run,
                Ending(AttemptState.FAILED, overdue.cause, None),
                attempt_fields=fields,
                run_fields=fields,
            )
            try:
                if not (await self._leases.complete(ending)).is_outdated:
                    return
            except StaleFenceError:
                return

    async def _complete(self, result: Result, agent_id: str, *, is_of_host: bool) -> Completion:
        result = await self._check_published(result)
        for _ in range(_TRIES):
            run = await self._runs.find_run(result.run_id)
            _check_holder(run, result, agent_id)
            ending = await self._ending_of(run, result, is_of_host=is_of_host)
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

    async def _ending_of(
        self, run: LiveRun | None, result: Result, *, is_of_host: bool
    ) -> AttemptEnding:
        facts = _facts(result)
        if run is None or run.fields["state"] in FINAL_RUN_STATES:
            # Nothing to decide: the store answers what it stored, or stale-fence.
            return AttemptEnding(
                result.run_id, result.attempt, result.fence, _ANY, result.state, RunState.FAILED
            )
        how = Ending(result.state, result.cause, result.exit_code, is_of_host=is_of_host)
        run_fields = {name: facts[name] for name in ("cause", "exit_code", "reason")}
        if result.state is AttemptState.SUCCEEDED:
            artifacts = [item.model_dump() for item in result.artifacts]
            run_fields["artifacts"] = json.dumps(artifacts)
        run_fields["metrics"] = json.dumps(result.metrics)
        return await self._decider.decide(
            run,
            how,
            attempt_fields=facts,
            run_fields=run_fields,
            attempt=result.attempt,
            fence=result.fence,
        )


def check_result(result: Result) -> None:
    """Refuse a result in whose state no attempt ends.

    Raises:
        InvalidRequestError: It is one.
    """
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
