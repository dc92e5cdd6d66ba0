"""Programs of ours that a standalone server starts as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_STOP_WITHIN_SECONDS: Final = 20.0


class Child:
    """A process that ends when this one does, however it ends.

    Its standard input is a pipe from here, which is then closed; the program must heed that.

    Args:
        words: `python -m` these.
        environment: Beside what this process has, without its own `MLMON_…`.
        log: File that gets its output, appended.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._words = list(words)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    @property
    def is_running(self) -> bool:
        """Whether the process exists."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, again if it has ended."""
        self._forget()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MLMON_")}
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", *self._words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=kept | self._environment,
                start_new_session=True,
            )

    def begin_stop(self) -> None:
        """Ask it to stop."""
        if self._process is not None and self.is_running:
            self._process.terminate()

    def end_stop(self) -> None:
        """Wait until it is gone; by force when the time is over."""
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
