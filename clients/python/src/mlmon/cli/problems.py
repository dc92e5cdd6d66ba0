"""Errors as a person at a terminal should see them: one line, and one more per fault or change."""

import sys
from typing import Final

from mlmon.cli.other_changes import change_lines
from mlmon.cli.texts import plain
from mlmon.errors import (
    ConfigurationError,
    InvalidRequestError,
    MlmonError,
    PreconditionFailedError,
)

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130


def complain(message: str) -> None:
    """Write one line on stderr, with the program's name before it."""
    sys.stderr.write(f"mlmon: {plain(message)}\n")


def report(error: MlmonError, *, hint: str = "") -> int:
    """Write an error on stderr and return the exit status.

    Args:
        error: What happened.
        hint: A command that helps where the error itself does not say how to go on.

    Returns:
        2 for what the caller can mend (an invalid request, a setting), else 1.
    """
    complain(f"{error.detail} (see {hint})" if hint and ";" not in error.detail else error.detail)
    if isinstance(error, ConfigurationError):
        return EXIT_USAGE
    if isinstance(error, PreconditionFailedError):
        for line in change_lines(error.changes, error.more_changes):
            sys.stderr.write(f"  {plain(line)}\n")
        return EXIT_FAILED
    # A conflict may have several places too.
    faults = error.extras.get("errors") or []
    # A single fault is the detail already, but for its place.
    if len(faults) > 1 or any(fault.get("pointer", "") not in error.detail for fault in faults):
        for fault in faults:
            pointer, detail = plain(fault.get("pointer")), plain(fault.get("detail"))
            sys.stderr.write(f"  {pointer or '/'}: {detail}\n")
    return EXIT_USAGE if isinstance(error, InvalidRequestError) else EXIT_FAILED
