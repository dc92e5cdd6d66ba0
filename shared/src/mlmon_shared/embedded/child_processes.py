"""Start programs that die with this process, and stop them in order.

The kernel ties a parent-death signal to the *thread* that forked: start children from a
thread that lives as long as they should, the main thread or that of the event loop, and
never from a thread pool.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from mlmon_shared.embedded import exec_child
from mlmon_shared.embedded.accounts import Account

_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_INHERITED_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


def wrapped_command(
    command: Sequence[str], *, death_signal: signal.Signals, account: Account | None
) -> list[str]:
    """Return a command that becomes another one after arming the death signal.

    Args:
        command: Absolute path of the program and its arguments.
        death_signal: What the program gets when this thread ends.
        account: Whom to run it as; `None` keeps the user. Needs root.
    """
    user = [] if account is None else ["--user", f"{account.uid}:{account.gid}"]
    return [
        *(sys.executable, "-I", "-S", exec_child.__file__),
        *("--parent", str(os.getpid())),
        *("--signal", death_signal.name.removeprefix("SIG")),
        *user,
        "--",
        *command,
    ]


def child_environment() -> dict[str, str]:
    """Return the environment of a child: the C locale, UTC, and nothing that steers servers."""
    kept = {name: os.environ[name] for name in _INHERITED_ENVIRONMENT if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def start_child(
    command: Sequence[str],
    *,
    log: Path,
    death_signal: signal.Signals,
    account: Account | None = None,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches only this process.

    Call it from a long-lived thread; see the module.

    Args:
        command: Absolute path of the program and its arguments.
        log: File that gets its output, appended; a large one is set aside as `<log>.1`.
        death_signal: What it gets when this process ends.
        account: Whom to run it as; `None` keeps the user.
        descriptors: Open files that it inherits.
    """
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
    with _open_private(log) as output:
        return subprocess.Popen(  # noqa: S603 - the command is our own
            wrapped_command(command, death_signal=death_signal, account=account),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=child_environment(),
            start_new_session=True,
            pass_fds=descriptors,
            umask=0o077,
        )


def _open_private(log: Path) -> BinaryIO:
    """Open a log for appending that only its owner can read."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    return os.fdopen(os.open(log, flags, 0o600), "ab")


def stop_child(
    process: subprocess.Popen[bytes], steps: Iterable[tuple[signal.Signals, float]]
) -> bool:
    """Send signals, each with its time to work, until the program has ended.

    Returns:
        Whether the first signal was enough.
    """
    for number, (step, seconds) in enumerate(steps):
        process.send_signal(step)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
        return number == 0
    kill_child(process)
    return False


def kill_child(process: subprocess.Popen[bytes]) -> None:
    """End a program and its process group at once, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_lines(log: Path, *, since_byte: int = 0, count: int = 12) -> str:
    """Return the last lines of a log, of what was written after an offset."""
    try:
        with log.open("rb") as file:
            file.seek(since_byte)
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])
