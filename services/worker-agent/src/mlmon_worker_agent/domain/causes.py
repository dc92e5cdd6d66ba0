"""How an attempt's end is called, and the sentence that a data scientist reads about it."""

import signal
from dataclasses import dataclass

from mlmon_shared.wire.job_definitions import Timeouts
from mlmon_shared.wire.quantities import readable_size
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder

HINT_LIMIT = 200
_NO_SPACE = ("No space left on device", "ENOSPC")


@dataclass(frozen=True)
class Exit:
    """How a command ended.

    Attributes:
        exit_code: None when a signal ended it, or when nobody saw the end.
        signal: Number of the signal that ended it.
        is_oom: It was killed because it used more memory than it may.
        is_unknown: The host or its watcher died first, so that nobody saw the end.
    """

    exit_code: int | None = None
    signal: int | None = None
    is_oom: bool = False
    is_unknown: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the command ended by itself with exit code 0."""
        return self.exit_code == 0 and not self.is_oom


@dataclass(frozen=True)
class Outcome:
    """What is reported about an attempt: a final state, its cause and a sentence."""

    state: AttemptState
    cause: Cause | None = None
    reason: str = ""
    exit_code: int | None = None


def classify_exit(
    end: Exit,
    *,
    last_words: str = "",
    memory_limit: int = 0,
    peak_memory: int | None = None,
    is_disk_full: bool = False,
) -> Outcome:
    """Say what a command's end means.

    Args:
        end: How it ended.
        last_words: The last line that it wrote to standard error.
        memory_limit: Bytes that the attempt may use.
        peak_memory: Bytes that it used at most, as far as was seen.
        is_disk_full: Whether the host's disk is: a command that says nothing may then have
            been unable to.
    """
    if end.is_unknown:
        reason = "The host stopped working, or restarted, while the command ran."
        return Outcome(AttemptState.FAILED, Cause.HOST, reason)
    if end.is_oom:
        used = f" (it had {readable_size(peak_memory)})" if peak_memory else ""
        limit = readable_size(memory_limit)
        reason = f"The command needed more memory than its limit of {limit}{used}."
        return Outcome(AttemptState.FAILED, Cause.OOM, reason, end.exit_code)
    if end.is_success:
        return Outcome(AttemptState.SUCCEEDED, exit_code=0)
    if end.signal is not None:
        what = f"The command was ended by {_signal_name(end.signal)}."
    else:
        what = f"The command ended with exit code {end.exit_code}."
    hint = clean_hint(last_words)
    if any(words in last_words for words in _NO_SPACE) or (is_disk_full and not hint):
        reason = f"The command ran out of disk space. {what}"
        return Outcome(AttemptState.FAILED, Cause.DISK, reason, end.exit_code)
    reason = f'{what} Its last words: "{hint}"' if hint else what
    return Outcome(AttemptState.FAILED, Cause.USER_ERROR, reason, end.exit_code)


def classify_stop(order: StopOrder, *, exit_code: int | None = None) -> Outcome:
    """Say what it means that an attempt was stopped; a killed one is not reported at all."""
    state, cause = {
        StopKind.TIMEOUT: (AttemptState.FAILED, Cause.TIMEOUT),
        StopKind.HUNG: (AttemptState.FAILED, Cause.HUNG),
        StopKind.GPU: (AttemptState.FAILED, Cause.GPU),
        StopKind.HOST: (AttemptState.PREEMPTED, Cause.HOST),
        StopKind.SPOT: (AttemptState.PREEMPTED, Cause.SPOT),
        StopKind.LOST: (AttemptState.LOST, Cause.LOST),
        StopKind.CANCEL: (AttemptState.CANCELLED, None),
        StopKind.KILL: (AttemptState.LOST, Cause.LOST),
    }[order.kind]
    return Outcome(state, cause, order.reason, exit_code)


def timeout_order(timeouts: Timeouts, grace_seconds: float) -> StopOrder:
    """Return the order for a command that runs too long."""
    reason = f"The command ran longer than its timeout of {_duration(timeouts.run)}."
    return StopOrder(StopKind.TIMEOUT, reason, grace_seconds)


def silence_order(timeouts: Timeouts, grace_seconds: float) -> StopOrder:
    """Return the order for a command that printed nothing for too long."""
    limit = _duration(timeouts.silence or 0.0)
    reason = f"The command printed nothing for {limit} and counts as hung."
    return StopOrder(StopKind.HUNG, reason, grace_seconds)


def clean_hint(line: str) -> str:
    """Return a line of output fit for a sentence: printable, on one line, not long."""
    printable = "".join(c if c.isprintable() else " " for c in line)
    text = " ".join(printable.split())
    return text if len(text) <= HINT_LIMIT else text[: HINT_LIMIT - 1] + "…"


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.6g} s"
