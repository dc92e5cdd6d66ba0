"""Record how attempts ended: reported by their agent, or lost with it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Final

from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.ports import LeaseStore, RunStore
from mlmon_scheduler.application.stored import (
    AttemptEnding,
    Completion,
    LiveRun,
    OverdueAttempt,
    Refusal,
)
from mlmon_scheduler.domain.checkpoints import merge_checkpoints
from mlmon_scheduler.domain.retries import Ending
from mlmon_shared.errors import (
    ConflictError,
    InvalidRequestError,
)
from mlmon_shared.wire.accepting import GrantRef
from mlmon_shared.wire.agent_protocol import Result, ResultAnswer
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
        artifacts: To check that what is published, or kept for the next attempt, is there.
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

    async def complete_attempts(
        self, results: Sequence[Result], agent_id: str, *, is_of_host: bool = True
    ) -> list[ResultAnswer]:
        """Take an agent's results; repeating one that was accepted returns the same answer.

        Args:
            results: How attempts of different runs ended.
            agent_id: Who says so; another agent's attempt is none of its business.
            is_of_host: Whether a cause of ours may be the host's fault.
        """
        checked = await asyncio.gather(*(self._check_published(result) for result in results))
        answers: dict[int, ResultAnswer] = {}
        for _ in range(_TRIES):
            places = [place for place in range(len(results)) if place not in answers]
            if not places:
                break
            todo = [checked[place] for place in places]
            runs = await self._find_runs(todo)
            endings = [
                await self._ending_of(run, result, agent_id, is_of_host=is_of_host)
                for run, result in zip(runs, todo, strict=True)
            ]
            for place, completion in zip(places, await self._leases.complete(endings), strict=True):
                if not isinstance(completion, Completion) or not completion.is_outdated:
                    answers[place] = _answer(results[place], completion)
        for place, result in enumerate(results):
            if place not in answers:
                raise ConflictError(
                    f"run {result.run_id} keeps changing; send the result again",
                    retry_after_seconds=1,
                )
        return [answers[place] for place in range(len(results))]

    async def fail_attempt(
        self, agent_id: str, grant: GrantRef, reason: str, *, cause: Cause = Cause.INFRA
    ) -> None:
        """End an attempt that cannot begin, as a failure of ours unless said otherwise."""
        result = Result(
            run_id=grant.run_id,
            attempt=grant.attempt,
            fence=grant.fence,
            event_id=f"{grant.run_id}.{grant.attempt}.{grant.fence}",
            state=AttemptState.FAILED,
            cause=cause,
            reason=reason,
        )
        await self.complete_attempts([result], agent_id, is_of_host=False)

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
            if await self._is_settled(ending):
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
            if await self._is_settled(ending):
                return

    async def _is_settled(self, ending: AttemptEnding) -> bool:
        """Record an ending; False if it has to be decided anew."""
        (completion,) = await self._leases.complete([ending])
        return not isinstance(completion, Completion) or not completion.is_outdated

    async def _find_runs(self, results: Sequence[Result]) -> list[LiveRun | None]:
        """Return the runs, with attempts where something failed: only then hosts matter."""
        ids = [result.run_id for result in results]
        if any(result.state is not AttemptState.SUCCEEDED for result in results):
            return await self._runs.find_runs(ids)
        found = await self._runs.find_fields(ids)
        return [LiveRun(fields) if fields is not None else None for fields in found]

    async def _check_published(self, result: Result) -> Result:
        """Turn a success whose files are not all in the store into a failure of ours.

        Of what does not succeed, checkpoints that are not there are left out.
        """
        attempt_id = f"{result.run_id}.{result.attempt}"
        if result.state is not AttemptState.SUCCEEDED:
            if not result.checkpoints:
                return result
            lost = await self._artifacts.find_missing(attempt_id, result.checkpoints)
            kept = [item for item in result.checkpoints if item.path not in lost]
            return result.model_copy(update={"checkpoints": kept})
        if not result.artifacts:
            return result
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
        self, run: LiveRun | None, result: Result, agent_id: str, *, is_of_host: bool
    ) -> AttemptEnding:
        facts = _facts(result)
        if run is None or run.fields["state"] in FINAL_RUN_STATES:
            # Nothing to decide: the store answers what it stored, or stale-fence.
            return AttemptEnding(
                result.run_id,
                result.attempt,
                result.fence,
                _ANY,
                result.state,
                RunState.FAILED,
                reporter=agent_id,
            )
        how = Ending(result.state, result.cause, result.exit_code, is_of_host=is_of_host)
        run_fields = {name: facts[name] for name in ("cause", "exit_code", "reason")}
        if result.state is AttemptState.SUCCEEDED:
            artifacts = [item.model_dump() for item in result.artifacts]
            run_fields["artifacts"] = json.dumps(artifacts)
        elif result.checkpoints:
            run_fields["checkpoints"] = merge_checkpoints(run.fields, result)
        run_fields["metrics"] = json.dumps(result.metrics)
        return await self._decider.decide(
            run,
            how,
            attempt_fields=facts,
            run_fields=run_fields,
            attempt=result.attempt,
            fence=result.fence,
            reporter=agent_id,
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


def _facts(result: Result) -> dict[str, str]:
    return {
        "cause": result.cause.value if result.cause is not None else "",
        "exit_code": "" if result.exit_code is None else str(result.exit_code),
        "reason": result.reason,
        "phases": json.dumps(result.phases),
        "usage": result.usage.model_dump_json(exclude_none=True),
        **({"image": result.image} if result.image else {}),
    }


def _answer(result: Result, completion: Completion | Refusal) -> ResultAnswer:
    named = {"run_id": result.run_id, "attempt": result.attempt, "fence": result.fence}
    if not isinstance(completion, Completion):
        return ResultAnswer(**named, status=completion.code, detail=completion.detail)
    return ResultAnswer(
        **named,
        status="accepted",
        run_state=RunState(completion.run_state),
        position=completion.position,
    )
