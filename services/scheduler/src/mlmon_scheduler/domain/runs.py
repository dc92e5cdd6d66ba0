"""The state machine of a run: which state may follow which (nothing else decides)."""

from collections.abc import Mapping
from typing import Final

from mlmon_shared.wire.states import RunState

_ENDS: Final = frozenset({RunState.CANCELLED, RunState.HELD, RunState.EXPIRED})
# What is ready is parked where a gate is full.
_READY: Final = frozenset({RunState.QUEUED, RunState.PARKED})

TRANSITIONS: Final[Mapping[RunState | None, frozenset[RunState]]] = {
    None: frozenset(
        {
            RunState.BLOCKED,
            RunState.DELAYED,
            RunState.QUEUED,
            RunState.PARKED,
            RunState.SKIPPED,
            RunState.HELD,
        }
    ),
    RunState.BLOCKED: _ENDS | _READY | {RunState.DELAYED, RunState.SKIPPED},
    RunState.DELAYED: _ENDS | _READY,
    RunState.QUEUED: _ENDS | {RunState.PARKED, RunState.LEASED},
    RunState.PARKED: _ENDS | {RunState.QUEUED},
    RunState.LEASED: frozenset(
        {
            RunState.RUNNING,
            RunState.QUEUED,
            RunState.PARKED,
            RunState.DELAYED,
            RunState.FAILED,
            RunState.HELD,
            RunState.CANCELLED,
        }
    ),
    RunState.RUNNING: frozenset(
        {
            RunState.SUCCEEDED,
            RunState.FAILED,
            RunState.DELAYED,
            RunState.QUEUED,
            RunState.PARKED,
            RunState.HELD,
            RunState.CANCELLING,
        }
    ),
    RunState.CANCELLING: frozenset({RunState.CANCELLED, RunState.SUCCEEDED, RunState.FAILED}),
    # A release lets it wait for what is still to come; a dependency may have ended it meanwhile.
    RunState.HELD: frozenset(
        {
            RunState.QUEUED,
            RunState.PARKED,
            RunState.BLOCKED,
            RunState.DELAYED,
            RunState.SKIPPED,
            RunState.CANCELLED,
            RunState.EXPIRED,
        }
    ),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
    RunState.SKIPPED: frozenset(),
    RunState.EXPIRED: frozenset(),
}
"""From each state (None: not yet created) to those that may follow."""


def may_follow(before: RunState | None, after: RunState) -> bool:
    """Tell whether a run may go from one state to the other."""
    return after in TRANSITIONS[before]
