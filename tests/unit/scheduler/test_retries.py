from collections.abc import Sequence

import pytest

from mlmon_scheduler.domain.requests import Growth
from mlmon_scheduler.domain.retries import (
    AVOIDED_LIMIT,
    RETRIES_LIMIT,
    Budget,
    Decision,
    Ending,
    Spent,
    decide_next,
    remember_host,
)
from mlmon_shared.wire.job_definitions import Resources, Retries
from mlmon_shared.wire.states import AttemptState, Cause, RunState

FAILED_BY_USER = Ending(AttemptState.FAILED, Cause.USER_ERROR, 1)
FAILED_BY_US = Ending(AttemptState.FAILED, Cause.INFRA, None)
LOST = Ending(AttemptState.LOST, Cause.LOST, None)
OUT_OF_MEMORY = Ending(AttemptState.FAILED, Cause.OOM, 137)
LARGER = Resources(memory=3 * 2**30)


def decide(
    ending: Ending,
    policy: Retries | None = None,
    spent: Spent | None = None,
    *,
    is_cancelling: bool = False,
    jitter: float = 1.0,
    failed_hosts: Sequence[str] = (),
    growth: Growth | None = None,
) -> Decision:
    return decide_next(
        ending,
        policy or Retries(),
        spent or Spent(),
        is_cancelling=is_cancelling,
        jitter=jitter,
        failed_hosts=failed_hosts,
        growth=growth,
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
    for spent in (Spent(infra=5, user=5), Spent(memory=10), Spent(infra=3, user=3, memory=4)):
        decision = decide(ending, policy, spent)
        assert (decision.state, decision.remark) == ("failed", "It was retried 10 times.")


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


def by_cause(*causes: str, **more: object) -> Retries:
    return Retries.model_validate({"rules": [{"causes": causes, **more}]})


def test_rule_by_cause_applies_whatever_the_exit_code():
    policy = by_cause("lost", "host", action="retry", backoff=7)

    assert decide(LOST, policy, Spent(infra=9)) == Decision(RunState.DELAYED, 7, Budget.INFRA)
    assert decide(FAILED_BY_USER, policy) == Decision(RunState.FAILED)


def test_rule_that_names_both_applies_when_both_are_so():
    policy = by_cause("user_error", exit_codes=[75], action="retry", backoff=7)

    assert decide(FAILED_BY_USER, policy).state is RunState.FAILED
    ending = Ending(AttemptState.FAILED, Cause.USER_ERROR, 75)
    assert decide(ending, policy).delay_seconds == 7
    assert decide(Ending(AttemptState.FAILED, Cause.DISK, 75), policy).delay_seconds != 7


def test_run_out_of_memory_is_queued_with_more_although_no_budget_pays():
    decision = decide(OUT_OF_MEMORY, growth=Growth(LARGER))

    assert decision == Decision(
        RunState.QUEUED, 0.0, Budget.MEMORY, LARGER, "Retried with 3 GiB of memory."
    )


def test_memory_that_fits_nowhere_ends_the_run_in_spite_of_a_budget_and_a_rule():
    policy = by_cause("oom", action="retry").model_copy(update={"user": 5})

    decision = decide(OUT_OF_MEMORY, policy, growth=Growth(LARGER, "no host is large enough"))

    assert decision.state is RunState.FAILED
    assert decision.remark == (
        "It cannot be retried with 3 GiB of memory: no host is large enough."
    )


def test_rule_decides_when_a_larger_attempt_begins_and_whether():
    waiting = decide(OUT_OF_MEMORY, by_cause("oom", action="retry"), growth=Growth(LARGER))
    failing = decide(OUT_OF_MEMORY, by_cause("oom", action="fail"), growth=Growth(LARGER))

    assert (waiting.state, waiting.delay_seconds, waiting.resources) == ("delayed", 10.0, LARGER)
    assert failing == Decision(RunState.FAILED)


def test_third_host_that_fails_a_run_makes_it_held():
    assert decide(LOST, failed_hosts=["a", "b"]).state is RunState.DELAYED
    assert decide(LOST, failed_hosts=["a", "b", "c"]).state is RunState.HELD


def test_run_is_not_held_where_it_would_not_be_retried_or_the_host_is_not_to_blame():
    hosts = ["a", "b", "c"]
    missing_input = Ending(AttemptState.FAILED, Cause.INFRA, None, is_of_host=False)

    assert decide(LOST, Retries(infra=0), failed_hosts=hosts).state is RunState.FAILED
    assert decide(missing_input, failed_hosts=hosts).state is RunState.DELAYED
    assert decide(FAILED_BY_USER, Retries(user=1), failed_hosts=hosts).state is RunState.DELAYED


def test_hosts_are_remembered_once_the_newest_last_and_not_without_end():
    many = [str(number) for number in range(AVOIDED_LIMIT)]

    assert remember_host(["a", "b"], "a") == ["b", "a"]
    assert remember_host(many, "new") == [*many[1:], "new"]
