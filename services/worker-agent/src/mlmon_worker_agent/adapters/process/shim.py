"""Watches one command: `python -m mlmon_worker_agent.adapters.process.shim <attempt folder>`.

The shim is the command's parent and outlives the agent: it starts the command, sends its
output to files, carries out the agent's order to stop, watches memory, and records how the
command ended. It reads `request.json` and `stop.json` and writes `status.json` and
`usage.json` in the attempt's folder.

Memory: the kernel offers an unprivileged process no limit on resident memory, and limiting
the address space breaks numpy and CUDA. So the shim looks every 50 ms at what the whole
tree of processes has resident and kills it above the limit. A command may thus exceed its
limit for a moment.

Only the standard library, so that a hundred shims cost little.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from mlmon_worker_agent.adapters.process import files, trees

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_INTERVAL_SECONDS: Final = 0.05
_USAGE_INTERVAL_SECONDS: Final = 1.0
_LARGEST_SHARE: Final = 20  # looking takes at most a 20th of one core
_KILL_SECONDS: Final = 30.0
_RESERVE_BYTES: Final = 64 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Run the attempt whose folder is the only argument."""
    folder = Path(sys.argv[1])
    lock = files.take_lock(folder)
    if lock is None or files.read_json(folder / files.STATUS) is not None:
        return 1
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A service manager may signal everything that the agent has started.
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    request = files.read_json(folder / files.REQUEST)
    if request is None:
        return 1
    Shim(folder, request).run()
    return 0


class Shim:
    """One command and all its descendants.

    Args:
        folder: Of the attempt.
        request: `argv`, `environment`, `folder` to start in, `memory_limit` in bytes.
    """

    def __init__(self, folder: Path, request: dict[str, Any]) -> None:
        self._folder = folder
        self._request = request
        self._limit = int(request["memory_limit"])
        self._status: dict[str, Any] = {}
        self._main_pid = 0
        self._wait_status: int | None = None
        self._is_oom = False
        self._peak = 0
        self._cpu_seconds = 0.0
        self._terminated_at: float | None = None
        self._is_killed = False
        self._reported_at = 0.0
        self._proportional_at = 0.0

    def run(self) -> None:
        """Start the command and stay until nothing of it is left."""
        if not self._start():
            return
        pause = _INTERVAL_SECONDS
        while self._wait_status is None:
            signal.sigtimedwait({signal.SIGCHLD}, pause)
            begun = time.monotonic()
            self._reap()
            self._look()
            self._obey()
            pause = max(_INTERVAL_SECONDS, (time.monotonic() - begun) * _LARGEST_SHARE)
        self._end_descendants()
        self._write_end(self._wait_status)

    def _start(self) -> bool:
        self._reserve_disk()
        argv: list[str] = self._request["argv"]
        environment: dict[str, str] = self._request["environment"]
        where = self._request["folder"]
        status = {
            "shim_pid": os.getpid(),
            "shim_start": _start_of(os.getpid()),
            "started": time.monotonic(),
        }
        error = None
        program = argv[0] if "/" in argv[0] else shutil.which(argv[0], path=environment.get("PATH"))
        if program is None:
            error = f"{argv[0]}: not found on PATH"
        else:
            try:
                self._main_pid = self._spawn([program, *argv[1:]], argv[0], environment, where)
            except OSError as raised:
                error = f"{argv[0]}: {raised.strerror}"
        if error is not None:
            self._write_status({**status, "state": files.STATE_NOT_STARTED, "error": error})
            return False
        self._status = {
            **status,
            "state": files.STATE_RUNNING,
            "pid": self._main_pid,
            "pid_start": _start_of(self._main_pid),
        }
        self._write_status(self._status)
        return True

    def _spawn(self, argv: list[str], name: str, environment: dict[str, str], where: str) -> int:
        with contextlib.ExitStack() as stack:
            out, err = (
                stack.enter_context((self._folder / stream).open("ab")) for stream in files.STREAMS
            )
            # Kept and left alone: the shim waits for every child by itself, and a Popen object
            # that is thrown away would do it first.
            self._process = subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
                [name, *argv[1:]],
                executable=argv[0],
                cwd=where,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
                preexec_fn=_become_command,  # noqa: PLW1509 - the shim has one thread
            )
        return self._process.pid

    def _reap(self) -> bool:
        """Wait for every child that has ended; False when there is none left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._main_pid:
                self._wait_status = status

    def _look(self) -> None:
        alive = [facts for facts in trees.list_descendants(os.getpid()) if facts.state != "Z"]
        memory = sum(facts.memory for facts in alive)
        now = time.monotonic()
        is_over = memory > self._limit
        if len(alive) > 1 and (is_over or (memory > self._peak and self._may_weigh(now))):
            # Pages that forked workers share would be counted once for each of them.
            memory = sum(trees.read_proportional_memory(facts.pid) for facts in alive)
            is_over = memory > self._limit
            self._peak = max(self._peak, memory)
        elif len(alive) == 1:
            self._peak = max(self._peak, memory, trees.read_peak_memory(alive[0].pid))
        if is_over and not self._is_killed:
            self._is_oom = True
            self._kill()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._cpu_seconds = max(
            self._cpu_seconds,
            spent.ru_utime + spent.ru_stime + sum(facts.cpu_seconds for facts in alive),
        )
        if now - self._reported_at >= _USAGE_INTERVAL_SECONDS:
            self._reported_at = now
            usage = {"peak_memory": self._peak, "cpu_seconds": round(self._cpu_seconds, 3)}
            # A full disk must not end a command that writes nothing; the next look may succeed.
            with contextlib.suppress(OSError):
                files.write_json(self._folder / files.USAGE, usage, is_durable=False)

    def _may_weigh(self, now: float) -> bool:
        if now - self._proportional_at < _USAGE_INTERVAL_SECONDS:
            return False
        self._proportional_at = now
        return True

    def _obey(self) -> None:
        if self._is_killed or self._wait_status is not None:
            return
        if not (self._folder / files.STOP).exists():
            return
        order = files.read_json(self._folder / files.STOP) or {}
        now = time.monotonic()
        if self._terminated_at is None:
            self._terminated_at = now
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._main_pid, signal.SIGTERM)
        if now - self._terminated_at >= float(order.get("grace_seconds", 0.0)):
            self._kill()

    def _kill(self) -> None:
        self._is_killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._main_pid, signal.SIGKILL)
        for facts in trees.list_descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(facts.pid, signal.SIGKILL)

    def _end_descendants(self) -> None:
        """Kill what the command left behind; as subreaper, the shim is its parent."""
        deadline = time.monotonic() + _KILL_SECONDS
        while self._reap() and time.monotonic() < deadline:
            self._kill()
            signal.sigtimedwait({signal.SIGCHLD}, 0.01)

    def _reserve_disk(self) -> None:
        """Keep a little space, so that the end can be recorded on a disk that is full."""
        with (self._folder / files.RESERVE).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _RESERVE_BYTES)

    def _write_end(self, wait_status: int) -> None:
        code = os.waitstatus_to_exitcode(wait_status)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        files.write_json(
            self._folder / files.STATUS,
            {
                **self._status,
                "state": files.STATE_EXITED,
                "exit_code": code if code >= 0 else None,
                "signal": -code if code < 0 else None,
                "is_oom": self._is_oom,
                "peak_memory": max(self._peak, spent.ru_maxrss * 1024),
                "cpu_seconds": round(max(self._cpu_seconds, spent.ru_utime + spent.ru_stime), 3),
                "ended": time.monotonic(),
            },
            reserve=self._folder / files.RESERVE,
        )

    def _write_status(self, status: dict[str, Any]) -> None:
        files.write_json(self._folder / files.STATUS, status)


def _become_command() -> None:
    """Run in the child before the command: undo what the shim did to itself."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _start_of(pid: int) -> int:
    facts = trees.read_process(pid)
    return facts.start if facts is not None else 0


if __name__ == "__main__":
    sys.exit(main())
