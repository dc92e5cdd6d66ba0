"""Become another program that dies with its parent; run as a script, never imported.

`python -I -S exec_child.py --parent PID --signal TERM [--user UID:GID] -- program args…`

The order matters: the kernel forgets the parent-death signal whenever a process
changes its user, so the user is dropped first. A parent that died before the signal
was armed is noticed by its process id.

Only the standard library is imported, so that the script starts in milliseconds and
does not depend on the working folder or the environment.
"""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def drop_to(user: str) -> None:
    """Give up root for a user and its one group, both numbers: `UID:GID`."""
    uid, gid = (int(number) for number in user.split(":"))
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Ask the kernel for a signal when the parent's forking thread ends.

    Raises:
        SystemExit: The parent is gone already.
        OSError: The kernel refused.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit(f"exec_child: parent {parent} is gone")


def restore_signals() -> None:
    """Undo what Python and the parent did to signals, since exec would pass it on."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and become the program it names."""
    parser = argparse.ArgumentParser(prog="exec_child")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", default="TERM")
    parser.add_argument("--user")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    if options.user:
        drop_to(options.user)
    die_with_parent(options.parent, signal.Signals[f"SIG{options.signal}"])
    restore_signals()
    try:
        os.execv(options.command[0], options.command)  # noqa: S606 - no shell is the point
    except OSError as error:
        raise SystemExit(f"exec_child: {options.command[0]}: {error.strerror}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
