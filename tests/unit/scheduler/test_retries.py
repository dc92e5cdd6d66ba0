import pytest

from mlmon_scheduler.domain.retries import (
    RETRIES_LIMIT,
    Budget,
    Decision,
    Ending,
    Spent,
    decide_next,
)
from mlmon_shared.wire.job_definitions import Retries
from mlmon_shared.wire.states import AttemptState, Cause, RunState

FAILED_BY_USER = Ending(AttemptState.FAILED, Cause.USER_ERROR, 1)
FAILED_BY_US = Ending(AttemptState.FAILED, Cause.INFRA, None)
LOST = Ending(AttemptState.LOST, Cause.LOST, None)


def decide(
    ending: Ending,
    policy: Retries | None = None,
    spent: Spent | None = None,
    *,
    is_cancelling: bool = False,
    jitter: float = 1.0,
) -> Decision:
    return decide_next(
        ending, policy or Retries(), spent or Spent(), is_cancelling=is_cancelling, jitter=jitter
    )


def rules(*given: tuple[list[int], str, float], **budgets: int) -> Retries:
    documents = [
        {"exit_codes": codes, "action": action, "backoff": backoff}
        for codes, action, backoff in given
    ]
    return Retries.model_validate({"rules": documents, **budgets})


@pytest.mark.parametrize("is_cancelling", [False, True])
def test_success_is_final_even_while_cancelling(is_cancelling: bool):
    ending = Ending(AttemptState.SUCCEEDED, None, 0)

    assert decide(ending, is_cancelling=is_cancelling) == Decision(RunState.SUCCEEDED)


@pytest.mark.parametrize(
    "ending",
    [FAILED_BY_USER, FAILED_BY_US, LOST, Ending(AttemptState.RETURNED, None, None)],
)
def test_nothing_is_tried_again_while_cancelling(ending: Ending):
    assert decide(ending, is_cancelling=True) == Decision(RunState.CANCELLED)


def test_cancelled_attempt_that_nobody_asked_for_goes_back_at_no_cost():
    ending = Ending(AttemptState.CANCELLED, None, None)

    assert decide(ending) == Decision(RunState.QUEUED, budget=Budget.FREE)


@pytest.mark.parametrize("state", [AttemptState.PREEMPTED, AttemptState.RETURNED])
def test_preempted_and_returned_attempts_are_free(state: AttemptState):
    spent = Spent(infra=RETRIES_LIMIT, user=RETRIES_LIMIT)

    decision = decide(Ending(state, None, None), Retries(infra=0), spent)

    assert decision == Decision(RunState.QUEUED, budget=Budget.FREE)


def test_user_failures_are_final_by_default():
    assert decide(FAILED_BY_USER) == Decision(RunState.FAILED)


@pytest.mark.parametrize(
    "cause",
    [Cause.INFRA, Cause.HOST, Cause.LOST, Cause.DISK, Cause.GPU, Cause.IMAGE, Cause.SPOT],
)
def test_causes_of_ours_are_charged_to_the_infra_budget(cause: Cause):
    ending = Ending(AttemptState.FAILED, cause, None)
    policy = Retries(infra=1, user=0)

    assert decide(ending, policy).budget is Budget.INFRA
    assert decide(ending, policy, Spent(infra=1)) == Decision(RunState.FAILED)


@pytest.mark.parametrize("cause", [Cause.USER_ERROR, Cause.OOM, Cause.TIMEOUT, Cause.HUNG, None])
def test_causes_of_the_command_are_charged_to_the_user_budget(cause: Cause | None):
    ending = Ending(AttemptState.FAILED, cause, 1)
    policy = Retries(infra=0, user=2)

    assert decide(ending, policy, Spent(user=1)).budget is Budget.USER
    assert decide(ending, policy, Spent(user=2)) == Decision(RunState.FAILED)


def test_budgets_do_not_pay_for_each_other():
    policy = Retries(infra=1, user=1)

    assert decide(FAILED_BY_US, policy, Spent(user=1)).state is RunState.DELAYED
    assert decide(FAILED_BY_USER, policy, Spent(infra=1)).state is RunState.DELAYED


@pytest.mark.parametrize("ending", [FAILED_BY_US, FAILED_BY_USER])
def test_run_is_tried_ten_times_more_in_all(ending: Ending):
    policy = rules(([1], "retry", 1), infra=10, user=10)

    assert decide(ending, policy, Spent(infra=5, user=4)).state is RunState.DELAYED
    assert decide(ending, policy, Spent(infra=5, user=5)) == Decision(RunState.FAILED)


def test_rule_retries_beyond_the_budget_after_its_own_wait():
    policy = rules(([75, 76], "retry", 60))

    decision = decide(Ending(AttemptState.FAILED, Cause.USER_ERROR, 76), policy, Spent(user=3))

    assert decision == Decision(RunState.DELAYED, 60, Budget.USER)


def test_rule_fails_in_spite_of_a_budget():
    policy = rules(([2], "fail", 0), user=5)

    assert decide(Ending(AttemptState.FAILED, Cause.USER_ERROR, 2), policy).state == "failed"
    assert decide(FAILED_BY_USER, policy).state == "delayed"


def test_first_rule_that_names_the_exit_code_decides():
    policy = rules(([1], "retry", 7), ([1], "fail", 0))

    assert decide(FAILED_BY_USER, policy).delay_seconds == 7


def test_rules_do_not_apply_without_an_exit_code():
    policy = rules(([1], "fail", 0))

    assert decide(LOST, policy).state is RunState.DELAYED


@pytest.mark.parametrize(
    ("used", "longest"), [(0, 2), (1, 4), (2, 8), (3, 16), (7, 256), (8, 300), (9, 300)]
)
def test_waits_double_up_to_five_minutes_and_jitter_halves_them(used: int, longest: float):
    policy, spent = Retries(infra=10), Spent(infra=used)

    waits = [decide(LOST, policy, spent, jitter=jitter).delay_seconds for jitter in (0, 0.5, 1)]

    assert waits == [longest / 2, longest * 0.75, longest]
