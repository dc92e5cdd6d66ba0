"""What an engine's account of a container says about the end of its command."""

import signal
from datetime import datetime
from typing import Any, Final

from mlmon_worker_agent.domain.causes import Exit

_SIGNAL_BASE: Final = 128
_BY_THE_ENGINE: Final = frozenset({signal.SIGKILL, signal.SIGTERM})
_ENGINE_FAILED: Final = 255


def is_running(state: dict[str, Any]) -> bool:
    """Tell whether the command still runs, from the container's `State`."""
    return bool(state["Running"] or state.get("Paused") or state.get("Restarting"))


def was_started(state: dict[str, Any]) -> bool:
    """Tell whether the command was ever started."""
    return state["Status"] not in {"created", "removing", "dead"}


def exit_of(state: dict[str, Any], *, is_undisturbed: bool = True) -> Exit:
    """Say how a command ended.

    A command that a signal ended has the exit code 128 + signal, as in a shell, so that one
    that ends with such a code by itself counts as ended by the signal.

    Args:
        state: The container's `State`.
        is_undisturbed: Whether host and engine worked from start to end. If not, they may
            be why the command was killed.
    """
    code = int(state["ExitCode"])
    # A worker of a command that was killed for memory does not fail a command that coped.
    is_oom = bool(state["OOMKilled"]) and code != 0
    number = code - _SIGNAL_BASE
    is_signal = number in set(signal.Signals)
    if not is_undisturbed and not is_oom and (number in _BY_THE_ENGINE or code == _ENGINE_FAILED):
        return Exit(is_unknown=True)
    if is_signal:
        return Exit(signal=number, is_oom=is_oom)
    return Exit(exit_code=code, is_oom=is_oom)


def seconds_since(text: str, now: datetime) -> float | None:
    """Return how long ago one of the engine's times was; None for its year 1."""
    if text.startswith("0001-"):
        return None
    whole, _, rest = text.partition(".")
    fraction = rest.rstrip("Zz")
    parsed = datetime.fromisoformat(f"{whole.rstrip('Zz')}+00:00")
    return (now - parsed).total_seconds() - (float(f"0.{fraction}") if fraction else 0.0)
