"""Whether a run is tried again after an attempt, when, and with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mlmon_scheduler.domain.requests import Growth
from mlmon_shared.wire.job_definitions import Resources, Retries, RetryAction, RetryRule
from mlmon_shared.wire.quantities import readable_size
from mlmon_shared.wire.states import AttemptState, Cause, RunState

RETRIES_LIMIT: Final = 10
"""Of a run in all, whatever its budgets say; free retries do not count."""
POISON_HOSTS: Final = 3
"""A run that failed on so many different hosts is held, so that it harms no other."""
AVOIDED_LIMIT: Final = 10
"""Hosts that a run remembers."""
INFRA_CAUSES: Final = frozenset(
    {Cause.INFRA, Cause.HOST, Cause.LOST, Cause.DISK, Cause.GPU, Cause.IMAGE, Cause.SPOT}
)
_FREE: Final = frozenset({AttemptState.PREEMPTED, AttemptState.RETURNED, AttemptState.CANCELLED})
_FIRST_BACKOFF_SECONDS: Final = 2.0
_LONGEST_BACKOFF_SECONDS: Final = 300.0


class Mark(StrEnum):
    """What an attempt says of its job's version: whether it fails for causes not its own."""

    INFRA = "i"
    OTHER = "o"
    NOTHING = ""


class Budget(StrEnum):
    """What pays for a retry; `memory` is limited only by what fits and by ten in all."""

    INFRA = "infra"
    USER = "user"
    MEMORY = "memory"
    FREE = "free"


@dataclass(frozen=True)
class Spent:
    """Retries that a run has used up, by budget."""

    infra: int = 0
    user: int = 0
    memory: int = 0

    @property
    def total(self) -> int:
        """All that count towards the ten."""
        return self.infra + self.user + self.memory


@dataclass(frozen=True)
class Ending:
    """How an attempt ended.

    Attributes:
        is_of_host: Whether the host that ran it may be why, where the cause is one of ours.
    """

    state: AttemptState
    cause: Cause | None
    exit_code: int | None
    is_of_host: bool = True

    @property
    def is_infra_failure(self) -> bool:
        """Whether it ended for a cause that is not the command's."""
        is_failure = self.state in {AttemptState.FAILED, AttemptState.LOST}
        return is_failure and self.cause in INFRA_CAUSES

    @property
    def mark(self) -> Mark:
        """What it says of its job's version; one that was not carried through says nothing."""
        if self.state in _FREE:
            return Mark.NOTHING
        return Mark.INFRA if self.is_infra_failure else Mark.OTHER

    @property
    def speaks_against_host(self) -> bool:
        """Whether it counts among the failures of the host that ran it.

        A host that is gone says nothing about how it would fare with other jobs, and would
        lose all that it held at once.
        """
        return self.is_infra_failure and self.is_of_host and self.state is not AttemptState.LOST


@dataclass(frozen=True)
class Decision:
    """What the run does next.

    Attributes:
        state: A final state, `held`, `queued` (at once) or `delayed`.
        delay_seconds: For `delayed`.
        budget: Which one the retry is charged to; None where there is none.
        resources: What the next attempt asks for, where that changes.
        remark: A sentence that goes behind the reason of the attempt.
    """

    state: RunState
    delay_seconds: float = 0.0
    budget: Budget | None = None
    resources: Resources | None = None
    remark: str = ""


def remember_host(avoided: Sequence[str], host: str) -> list[str]:
    """Return the hosts that a run avoids after it failed on one more, the newest last."""
    return [*(known for known in avoided if known != host), host][-AVOIDED_LIMIT:]


def decide_next(  # noqa: PLR0911 - one return a rule, in the order of the rules
    ending: Ending,
    policy: Retries,
    spent: Spent,
    *,
    is_cancelling: bool,
    jitter: float,
    failed_hosts: Sequence[str] = (),
    growth: Growth | None = None,
) -> Decision:
    """Decide what a run does after an attempt.

    A success that arrives while the run is being cancelled stays a success. Preempted and
    returned attempts cost nothing and go back at once, and so does one that was cancelled
    although nobody asked for it. Rules are looked through top-down before the budgets. Waits
    grow as 2^n with jitter. A run that would be tried again although it failed on
    several hosts is held. More memory is given as long as it fits somewhere; the same memory
    again would end the same way, so a request that fits nowhere ends the run.

    Args:
        ending: How the attempt ended.
        policy: Of the job definition.
        spent: Retries used so far.
        is_cancelling: Whether the run was asked to stop.
        jitter: Random, 0 to 1.
        failed_hosts: Different hosts that failed the run, this one included.
        growth: The larger request, for an attempt that ended for want of memory, if the
            policy asks for one.
    """
    if ending.state is AttemptState.SUCCEEDED:
        return Decision(RunState.SUCCEEDED)
    if is_cancelling:
        return Decision(RunState.CANCELLED)
    if ending.state in _FREE:
        return Decision(RunState.QUEUED, budget=Budget.FREE)
    if spent.total >= RETRIES_LIMIT:
        return Decision(RunState.FAILED, remark=f"It was retried {RETRIES_LIMIT} times.")
    budget = Budget.INFRA if ending.cause in INFRA_CAUSES else Budget.USER
    rule = next((rule for rule in policy.rules if _applies(rule, ending)), None)
    if rule is not None and rule.action is RetryAction.FAIL:
        return Decision(RunState.FAILED)
    if growth is not None:
        return _with_memory(growth, rule)
    if rule is None:
        used = spent.infra if budget is Budget.INFRA else spent.user
        if used >= (policy.infra if budget is Budget.INFRA else policy.user):
            return Decision(RunState.FAILED)
        longest = min(_FIRST_BACKOFF_SECONDS * 2**used, _LONGEST_BACKOFF_SECONDS)
        wait = longest * (0.5 + jitter / 2)
    else:
        wait = rule.backoff
    if ending.is_infra_failure and ending.is_of_host and len(failed_hosts) >= POISON_HOSTS:
        return Decision(RunState.HELD, remark=_poison_remark(failed_hosts))
    return Decision(RunState.DELAYED, wait, budget)


def _applies(rule: RetryRule, ending: Ending) -> bool:
    """Tell whether everything that the rule names is so."""
    return (not rule.exit_codes or ending.exit_code in rule.exit_codes) and (
        not rule.causes or ending.cause in rule.causes
    )


def _with_memory(growth: Growth, rule: RetryRule | None) -> Decision:
    memory = readable_size(growth.resources.memory)
    if growth.misfit:
        remark = f"It cannot be retried with {memory} of memory: {growth.misfit}."
        return Decision(RunState.FAILED, remark=remark)
    return Decision(
        RunState.DELAYED if rule is not None else RunState.QUEUED,
        rule.backoff if rule is not None else 0.0,
        Budget.MEMORY,
        growth.resources,
        f"Retried with {memory} of memory.",
    )


def _poison_remark(hosts: Sequence[str]) -> str:
    return (
        f"Held, because it failed on {len(hosts)} different hosts ({', '.join(hosts)}) for "
        "causes that are not its command's; release it to try again."
    )
