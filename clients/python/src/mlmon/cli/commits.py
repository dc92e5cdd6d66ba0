"""Idempotency keys from the commit that is being built."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any, Final

from mlmon.errors import ConfigurationError

VARIABLES: Final = ("GITHUB_SHA", "CI_COMMIT_SHA")
"""Where GitHub Actions and GitLab say the commit."""
_SHOWN: Final = 16


def commit_key(submission: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> str:
    """Return the key of a submission in this commit: the same again submits nothing new.

    Args:
        submission: All that is asked for, as JSON; another one has another key.
        environment: The process's own when left out.

    Raises:
        ConfigurationError: No commit is known.
    """
    environment = os.environ if environment is None else environment
    named = (environment.get(variable) for variable in VARIABLES)
    commit = next((value for value in named if value), None) or _ask_git()
    content = json.dumps(submission, sort_keys=True, default=str).encode()
    return f"{commit}-{hashlib.sha256(content).hexdigest()[:_SHOWN]}"


def _ask_git() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigurationError(
            "no commit is known for --once-per-commit: run it in a git checkout, "
            f"or set {VARIABLES[0]} or {VARIABLES[1]}"
        ) from error
    return found.stdout.strip()
