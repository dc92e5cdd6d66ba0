"""Watches one command: `python -m mlmon_worker_agent.adapters.process.shim <attempt folder>`.

The shim is the command's parent and outlives the agent: it starts the command, sends its
output to files, carries out the agent's order to stop, watches memory, and records how the
command ended. It reads `request.json` and `stop.json` and writes `status.json` and
`usage.json` in the attempt's folder.

Memory: the kernel offers an unprivileged process no limit on resident memory, and limiting
the address space breaks numpy and CUDA. So the shim looks every 50 ms at what the whole
tree of processes has resident and kills it above the limit. A command may thus exceed its
limit for a moment.

Only the standard library, and of that no more than it needs (no subprocess, no pathlib): each
attempt starts a shim, and a hundred of them should cost little.
"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from mlmon_worker_agent.adapters.process import files, trees
from mlmon_worker_agent.domain.usage_meters import Look, UsageMeter

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
    folder = sys.argv[1]
    lock = files.take_lock(folder)
    if lock is None or files.read_json(f"{folder}/{files.STATUS}") is not None:
        return 1
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A service manager may signal everything that the agent has started.
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    request = files.read_json(f"{folder}/{files.REQUEST}")
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

    def __init__(self, folder: str, request: dict[str, Any]) -> None:
        self._folder = folder
        self._request = request
        self._limit = int(request["memory_limit"])
        self._status: dict[str, Any] = {}
        self._main_pid = 0
        self._wait_status: int | None = None
        self._is_oom = False
        self._peak = 0
        self._meter = UsageMeter()
        self._memory = 0
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
        program = _find_program(argv[0], environment)
        if program is None:
            error = f"{argv[0]}: not found on PATH"
        else:
            try:
                self._main_pid = self._spawn(program, argv, environment, where)
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

    def _spawn(self, program: str, argv: list[str], environment: dict[str, str], where: str) -> int:
        """Return the command's pid, once it runs in place of our own code.

        Raises:
            OSError: The command cannot be run.
        """
        # The end of the writer's side without a word is the beginning of the command.
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become_command(program, argv, environment, where, folder=self._folder, writer=writer)
        os.close(writer)
        with open(reader, "rb") as pipe:
            failure = pipe.read()
        if failure:
            os.waitpid(pid, 0)
            raise OSError(int(failure), os.strerror(int(failure)))
        return pid

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
        # What forked workers share was counted for each of them, unless it was weighed now.
        self._memory = min(memory, self._peak)
        is_due = now - self._reported_at >= _USAGE_INTERVAL_SECONDS
        self._measure(now, alive, is_with_disk=is_due)
        if is_due:
            self._reported_at = now
            # A full disk must not end a command that writes nothing; the next look may succeed.
            with contextlib.suppress(OSError):
                files.write_json(
                    f"{self._folder}/{files.USAGE}", self._meter.facts(), is_durable=False
                )

    def _measure(
        self, now: float, alive: Sequence[trees.ProcessFacts], *, is_with_disk: bool
    ) -> None:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = os.getpid()
        read = written = None
        if is_with_disk:
            moved = [trees.read_disk_bytes(pid) for pid in (own, *(facts.pid for facts in alive))]
            # The shim's only thread has what is its own, and not what it has waited for.
            mine = trees.read_disk_bytes(own, thread=own)
            read = sum(each[0] for each in moved) - mine[0]
            written = sum(each[1] for each in moved) - mine[1]
        cpu_seconds = spent.ru_utime + spent.ru_stime + sum(facts.cpu_seconds for facts in alive)
        self._meter.add(Look(now, self._memory, cpu_seconds, read, written))
        self._meter.note_peak_memory(self._peak)

    def _may_weigh(self, now: float) -> bool:
        if now - self._proportional_at < _USAGE_INTERVAL_SECONDS:
            return False
        self._proportional_at = now
        return True

    def _obey(self) -> None:
        if self._is_killed or self._wait_status is not None:
            return
        file = f"{self._folder}/{files.STOP}"
        if not os.path.exists(file):
            return
        order = files.read_json(file) or {}
        now = time.monotonic()
        if self._terminated_at is None:
            self._terminated_at = now
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._main_pid, signal.SIGTERM)
        if now - self._terminated_at >= float(order.get("grace_seconds", 0.0)):
            self._kill()

    def _kill(self) -> None:
        self._is_killed = True
        if self._wait_status is None:
            # It may have left its group.
            os.kill(self._main_pid, signal.SIGKILL)
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
        with open(f"{self._folder}/{files.RESERVE}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, _RESERVE_BYTES)

    def _write_end(self, wait_status: int) -> None:
        code = os.waitstatus_to_exitcode(wait_status)
        # Everything was waited for: the counters are whole.
        self._meter.note_peak_memory(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
        self._measure(time.monotonic(), [], is_with_disk=True)
        files.write_json(
            f"{self._folder}/{files.STATUS}",
            {
                **self._status,
                "state": files.STATE_EXITED,
                "exit_code": code if code >= 0 else None,
                "signal": -code if code < 0 else None,
                "is_oom": self._is_oom,
                "usage": self._meter.facts(),
                "ended": time.monotonic(),
            },
            reserve=f"{self._folder}/{files.RESERVE}",
        )

    def _write_status(self, status: dict[str, Any]) -> None:
        files.write_json(f"{self._folder}/{files.STATUS}", status)


def _become_command(
    program: str,
    argv: list[str],
    environment: dict[str, str],
    where: str,
    *,
    folder: str,
    writer: int,
) -> NoReturn:
    """In the child: undo what the shim did to itself and run the command, or write why not."""
    try:
        os.setpgid(0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Python itself ignores the last two.
        for number in (
            *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP),
            *(signal.SIGPIPE, signal.SIGXFSZ),
        ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor, stream in enumerate(files.STREAMS, start=1):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            os.dup2(os.open(f"{folder}/{stream}", flags, 0o666), descriptor)
        os.chdir(where)
        # What whoever started the agent has left open is not for commands.
        os.closerange(3, writer)
        os.closerange(writer + 1, os.sysconf("SC_OPEN_MAX"))
        os.execve(program, argv, environment)  # noqa: S606 - running the command is the purpose
    except OSError as error:
        os.write(writer, str(error.errno).encode())
    except ValueError:
        # A null byte in a word.
        os.write(writer, str(errno.EINVAL).encode())
    finally:
        os._exit(127)


def _find_program(name: str, environment: dict[str, str]) -> str | None:
    if "/" in name:
        return name
    for folder in os.get_exec_path(environment):
        program = os.path.join(folder, name)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


def _start_of(pid: int) -> int:
    facts = trees.read_process(pid)
    return facts.start if facts is not None else 0


if __name__ == "__main__":
    sys.exit(main())
