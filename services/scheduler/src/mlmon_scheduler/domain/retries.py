"""Whether a run is tried again after an attempt, and when."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mlmon_shared.wire.job_definitions import Retries, RetryAction
from mlmon_shared.wire.states import AttemptState, Cause, RunState

RETRIES_LIMIT: Final = 10
"""Of a run in all, whatever its budgets say; free retries do not count."""
_INFRA: Final = frozenset(
    {Cause.INFRA, Cause.HOST, Cause.LOST, Cause.DISK, Cause.GPU, Cause.IMAGE, Cause.SPOT}
)
_FREE: Final = frozenset({AttemptState.PREEMPTED, AttemptState.RETURNED, AttemptState.CANCELLED})
_FIRST_BACKOFF_SECONDS: Final = 2.0
_LONGEST_BACKOFF_SECONDS: Final = 300.0


class Budget(StrEnum):
    """What pays for a retry."""

    INFRA = "infra"
    USER = "user"
    FREE = "free"


@dataclass(frozen=True)
class Spent:
    """Retries that a run has used up, by budget."""

    infra: int = 0
    user: int = 0


@dataclass(frozen=True)
class Ending:
    """How an attempt ended."""

    state: AttemptState
    cause: Cause | None
    exit_code: int | None


@dataclass(frozen=True)
class Decision:
    """What the run does next.

    Attributes:
        state: A final state, `queued` (at once) or `delayed`.
        delay_seconds: For `delayed`.
        budget: Which one the retry is charged to; None for a final state.
    """

    state: RunState
    delay_seconds: float = 0.0
    budget: Budget | None = None


def decide_next(  # noqa: PLR0911 - one return a rule, in the order of the rules
    ending: Ending, policy: Retries, spent: Spent, *, is_cancelling: bool, jitter: float
) -> Decision:
    """Decide what a run does after an attempt.

    A success that arrives while the run is being cancelled stays a success. Preempted and
    returned attempts cost nothing and go back at once, and so does one that was cancelled
    although nobody asked for it. Rules by exit code are looked through
    top-down before the budgets. Waits grow as 2^n with full jitter.

    Args:
        ending: How the attempt ended.
        policy: Of the job definition.
        spent: Retries used so far.
        is_cancelling: Whether the run was asked to stop.
        jitter: Random, 0 to 1.
    """
    if ending.state is AttemptState.SUCCEEDED:
        return Decision(RunState.SUCCEEDED)
    if is_cancelling:
        return Decision(RunState.CANCELLED)
    if ending.state in _FREE:
        return Decision(RunState.QUEUED, budget=Budget.FREE)
    budget = Budget.INFRA if ending.cause in _INFRA else Budget.USER
    used = spent.infra if budget is Budget.INFRA else spent.user
    if spent.infra + spent.user >= RETRIES_LIMIT:
        return Decision(RunState.FAILED)
    for rule in policy.rules:
        if ending.exit_code in rule.exit_codes:
            if rule.action is RetryAction.FAIL:
                return Decision(RunState.FAILED)
            return Decision(RunState.DELAYED, rule.backoff, budget)
    if used >= (policy.infra if budget is Budget.INFRA else policy.user):
        return Decision(RunState.FAILED)
    longest = min(_FIRST_BACKOFF_SECONDS * 2**used, _LONGEST_BACKOFF_SECONDS)
    return Decision(RunState.DELAYED, longest * (0.5 + jitter / 2), budget)
