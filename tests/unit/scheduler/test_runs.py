import pytest

from mlmon_scheduler.domain.runs import TRANSITIONS, may_follow
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState


def test_every_state_has_its_row():
    assert set(TRANSITIONS) == {None, *RunState}


@pytest.mark.parametrize("state", sorted(FINAL_RUN_STATES))
def test_nothing_follows_a_final_state(state: RunState):
    assert TRANSITIONS[state] == frozenset()


@pytest.mark.parametrize("state", sorted(set(RunState) - FINAL_RUN_STATES))
def test_something_follows_every_other_state(state: RunState):
    assert TRANSITIONS[state]


def test_every_state_is_reachable():
    reached: set[RunState] = set()
    waiting = list(TRANSITIONS[None])
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += TRANSITIONS[state]

    assert reached == set(RunState)


@pytest.mark.parametrize("state", sorted(set(RunState) - FINAL_RUN_STATES))
def test_every_state_leads_to_an_end(state: RunState):
    reached: set[RunState] = set()
    waiting = [state]
    while waiting:
        following = TRANSITIONS[waiting.pop()] - reached
        reached |= following
        waiting += following

    assert reached & FINAL_RUN_STATES


def test_nothing_runs_that_was_not_leased():
    before = [state for state in TRANSITIONS if may_follow(state, RunState.RUNNING)]

    assert before == [RunState.LEASED]


def test_run_that_is_being_cancelled_is_never_tried_again():
    assert TRANSITIONS[RunState.CANCELLING] <= FINAL_RUN_STATES
