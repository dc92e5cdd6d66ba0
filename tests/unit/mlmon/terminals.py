"""A real terminal for what writes to one."""

import os
from collections.abc import Callable
from contextlib import suppress

import pytest


def written_to_terminal(stream: str, work: Callable[[], object]) -> str:
    """Call something with a terminal as `sys.stdout` or `sys.stderr`; return what it wrote."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as file, pytest.MonkeyPatch.context() as patched:
        patched.setenv("TERM", "xterm-256color")
        patched.delenv("NO_COLOR", raising=False)
        patched.setattr(f"sys.{stream}", file)
        work()
    written = b""
    # What is written arrives by and by; the end is an error once nobody can write.
    with os.fdopen(master, "rb", buffering=0) as reader, suppress(OSError):
        while piece := reader.read(65_536):
            written += piece
    return written.decode()
