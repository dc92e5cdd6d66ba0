"""Give attempts of an earlier epoch their lease back: agents have what the store has lost."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from mlmon_scheduler.application.complete_attempts import AttemptCompleter, check_result
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.ports import LeaseStore, RunStore
from mlmon_scheduler.application.recovery_ports import AdoptionStore
from mlmon_scheduler.domain.fences import Fence
from mlmon_scheduler.domain.signatures import AgentSession
from mlmon_shared.errors import NotAcceptedError, StaleFenceError
from mlmon_shared.wire.agent_protocol import Held, Result, ResultAnswer, ResultsAnswer, Vector
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.states import AttemptState, RunState

_REFUSED: Final = frozenset({StaleFenceError.code, NotAcceptedError.code})
"""Answers to a result whose lease, or whose acceptance, was perhaps lost with the store."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Adoption:
    """What adopting came to.

    Attributes:
        position: Of the newest event that it made, or an empty text: until that is in history,
            history may not know of these attempts.
    """

    position: str = ""


class AttemptAdopter:
    """Adopts what agents hold and what they have finished.

    Args:
        leases: Agents and what they hold.
        runs: For what runs ask of an agent, and the time.
        store: Of adoptions.
        configuration: For the limits of attempts.
        completer: Ends attempts.
        on_adopted: Called for each.
    """

    def __init__(
        self,
        *,
        leases: LeaseStore,
        runs: RunStore,
        store: AdoptionStore,
        configuration: Configuration,
        completer: AttemptCompleter,
        on_adopted: Callable[[], None],
    ) -> None:
        self._leases = leases
        self._runs = runs
        self._store = store
        self._configuration = configuration
        self._completer = completer
        self._on_adopted = on_adopted

    async def complete_attempts(
        self, results: Sequence[Result], agent: AgentSession
    ) -> ResultsAnswer:
        """Take how attempts ended, those of one run in their order.

        Also those whose grant was lost with the store.

        Raises:
            InvalidRequestError: The state of one is not one in which an attempt ends.
        """
        for result in results:
            check_result(result)
        # Before: an epoch that begins meanwhile makes the agent say everything again.
        epoch = await self._runs.find_open_epoch() or 0
        answers: dict[int, ResultAnswer] = {}
        for places in _turns(results):
            turn = [results[place] for place in places]
            given = await self._completer.complete_attempts(turn, agent.agent_id)
            for place, result, answer in zip(places, turn, given, strict=True):
                answers[place] = await self._adopt_result(result, answer, agent)
        return ResultsAnswer(answers=[answers[place] for place in sorted(answers)], epoch=epoch)

    async def _adopt_result(
        self, result: Result, answer: ResultAnswer, agent: AgentSession
    ) -> ResultAnswer:
        """Return what becomes of a result whose grant was lost with the store."""
        if answer.status not in _REFUSED or not await self._is_earlier(result.fence):
            return answer
        now_ms = await self._runs.now_ms()
        granted_ms = now_ms - round(sum(result.phases.values()) * 1000)
        try:
            await self._adopt(
                agent, result.run_id, result.attempt, result.fence, "finishing", granted_ms
            )
        except StaleFenceError:
            return answer
        (answer,) = await self._completer.complete_attempts([result], agent.agent_id)
        return answer

    async def adopt_held(self, agent: AgentSession, held: Sequence[Held]) -> Adoption:
        """Adopt what the agent holds and the store does not know of.

        What was only granted runs nothing: it is left to be killed, and granted anew.
        """
        known = await self._store.list_leases(agent.agent_id)
        newest = ""
        for each in held:
            if each.phase is AttemptState.GRANTED:
                continue
            run = await self._runs.find_run(each.run_id)
            is_accepted = run is not None and run.fields["state"] != RunState.LEASED
            if known.get(each.run_id) == (each.attempt, each.fence) and is_accepted:
                continue
            if not await self._is_earlier(each.fence):
                continue
            granted_ms = await self._runs.now_ms()
            if each.granted_at is not None:
                granted_ms = round(each.granted_at.timestamp() * 1000)
            try:
                position = await self._adopt(
                    agent, each.run_id, each.attempt, each.fence, each.phase.value, granted_ms
                )
            except StaleFenceError as error:
                log.warning("attempt not adopted", detail=error.detail)
            else:
                newest = position or newest
        return Adoption(newest)

    async def _adopt(  # noqa: PLR0917 - what names an attempt
        self,
        agent: AgentSession,
        run_id: str,
        attempt: int,
        fence: str,
        phase: str,
        granted_ms: int,
    ) -> str:
        run = await self._runs.find_run(run_id)
        if run is None:
            raise StaleFenceError(f"there is no run {run_id}", run_id=run_id, attempt=attempt)
        facts = await self._leases.find_agent(agent.agent_id)
        limits = await self._configuration.find_limits(
            run.fields["job"], int(run.fields["version"]), agent.pool
        )
        position = await self._store.adopt(
            agent.agent_id,
            run_id,
            attempt,
            fence,
            shape=Vector.of(read_json(Resources, run.fields["resources"])),
            fields={
                "state": phase,
                "host": facts.get("host", "unknown") if facts is not None else "unknown",
                "pool": agent.pool,
                "granted_at": str(granted_ms),
                "accepted_at": str(granted_ms),
            },
            limits=limits.fields() if limits is not None else {},
        )
        if position:
            self._on_adopted()
            log.info("attempt adopted", attempt=f"{run_id}.{attempt}", agent_id=agent.agent_id)
        return position

    async def _is_earlier(self, fence: str) -> bool:
        epoch = await self._runs.find_open_epoch()
        return epoch is not None and Fence.parse(fence).epoch < epoch


def _turns(results: Sequence[Result]) -> list[list[int]]:
    """Return places such that each turn has at most one result of a run."""
    turns: list[list[int]] = []
    seen: Counter[str] = Counter()
    for place, result in enumerate(results):
        turn = seen[result.run_id]
        seen[result.run_id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(place)
    return turns
