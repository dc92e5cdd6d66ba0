"""A PostgreSQL server of our own, on a unix socket."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from mlmon_shared.embedded.accounts import Account, unprivileged_account, unreachable_parent
from mlmon_shared.embedded.child_processes import child_environment, wrapped_command
from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.postgres_binaries import (
    PostgresPrograms,
    choose_postgres,
    find_postgres,
    readable_copy,
)
from mlmon_shared.embedded.postgres_wire import (
    WireError,
    accepts_logins,
    execute,
    quoted_name,
    quoted_text,
)
from mlmon_shared.embedded.servers import EmbeddedServer

USER = "mlmon"
PORT = 5432
DUPLICATE_DATABASE = "42P04"
_INITDB_SECONDS = 120.0
_KILL_AFTER_SECONDS = 5.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
}
_UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server whose socket only its user (and root) can open.

    See `EmbeddedServer` for how to start and stop it. Started by root, it runs as the
    owner of its data, or for new data as `postgres` or `nobody`.

    Args:
        data_folder: Holds `data`, the log and, for root, perhaps a copy of the programs.
        fsync: False survives a killed process but no power cut: for tests.
        settings: Further parameters of postgresql.conf.
        installed: Programs to choose from; found when left out.
        runtime_folder: See `EmbeddedServer`.
        ready_within_seconds: See `EmbeddedServer`; covers crash recovery.
        stop_within_seconds: See `EmbeddedServer`.
    """

    death_signal = signal.SIGINT
    socket_name = f".s.PGSQL.{PORT}"

    def __init__(
        self,
        data_folder: Path,
        *,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        installed: Sequence[PostgresPrograms] | None = None,
        runtime_folder: Path | None = None,
        ready_within_seconds: float = 60.0,
        stop_within_seconds: float = 15.0,
    ) -> None:
        super().__init__(
            "postgres",
            data_folder,
            runtime_folder=runtime_folder,
            ready_within_seconds=ready_within_seconds,
            stop_within_seconds=stop_within_seconds,
        )
        self._is_durable = fsync
        self._settings = dict(settings or {})
        self._installed = installed
        self._programs: PostgresPrograms | None = None

    # Use.

    @property
    def cluster_folder(self) -> Path:
        """What PostgreSQL itself calls its data directory."""
        return self.data_folder / "data"

    def dsn(self, database: str) -> str:
        """Return a SQLAlchemy URL for asyncpg; valid from `prepare` on."""
        folder = quote(str(self.runtime_folder))
        return f"postgresql+asyncpg://{USER}@/{quote(database)}?host={folder}&port={PORT}"

    def asyncpg_kwargs(self, database: str) -> dict[str, str | int]:
        """Return the arguments of `asyncpg.connect`; valid from `prepare` on."""
        return {"host": str(self.runtime_folder), "port": PORT, "user": USER, "database": database}

    def execute(
        self, statement: str, *, database: str = "postgres"
    ) -> list[tuple[str | None, ...]]:
        """Run one administrative statement, blocking; return its rows as text.

        Raises:
            EmbeddedServerError: The server refused it or does not answer.
        """
        try:
            return execute(self.socket_path, statement, user=USER, database=database)
        except (OSError, WireError) as error:
            raise EmbeddedServerError(f"postgres: {error}") from error

    def create_database(self, name: str, *, template: str | None = None) -> bool:
        """Make a database unless it exists.

        Args:
            name: Any; it is quoted.
            template: Database to copy, which nobody may be using.

        Returns:
            Whether it was made now.
        """
        exists = f"SELECT 1 FROM pg_database WHERE datname = {quoted_text(name)}"  # noqa: S608 - quoted
        if self.execute(exists):
            return False
        copied = "" if template is None else f" TEMPLATE {quoted_name(template)}"
        try:
            self.execute(f"CREATE DATABASE {quoted_name(name)}{copied}")
        except EmbeddedServerError as error:
            if (
                isinstance(error.__cause__, WireError)
                and error.__cause__.code == DUPLICATE_DATABASE
            ):
                return False
            raise
        return True

    def drop_database(self, name: str) -> None:
        """Remove a database, closing its connections; no error when it does not exist."""
        self.execute(f"DROP DATABASE IF EXISTS {quoted_name(name)} WITH (FORCE)")

    def is_ready(self) -> bool:
        """Ask once whether the server takes logins; it does not while it recovers."""
        return accepts_logins(self.socket_path, user=USER)

    # Life.

    @property
    def account(self) -> Account | None:
        """Whom the server runs as; `None` is this process's user."""
        if os.geteuid() != 0:
            return None
        if self.cluster_folder.exists():
            owner = self.cluster_folder.stat().st_uid
            if owner == 0:
                raise EmbeddedServerError(
                    f"{self.cluster_folder} belongs to root, whom PostgreSQL refuses: "
                    f"chown -R {unprivileged_account().name} {self.cluster_folder}"
                )
            return Account.of_uid(owner)
        return unprivileged_account()

    def _make_data_folder(self) -> None:
        account = self.account
        if account is not None:
            for folder in (self.data_folder, self.runtime_folder):
                _require_way(folder, account)
        missing = [
            folder
            for folder in (self.data_folder, *self.data_folder.parents)
            if not folder.exists()
        ]
        super()._make_data_folder()
        if account is not None:
            for folder in missing:
                folder.chmod(0o755)

    def _prepare_data(self) -> None:
        account = self.account
        major = self._written_major()
        installed = find_postgres() if self._installed is None else self._installed
        programs = choose_postgres(installed, major=major, account=account)
        if account is not None:
            programs = readable_copy(programs, account, self.data_folder)
        self._programs = programs
        for half in self.data_folder.glob("data.new-*"):
            shutil.rmtree(half, ignore_errors=True)
        if major is None:
            self._lay_out(programs, account)
        else:
            self._forget_stale_pid()

    def _written_major(self) -> int | None:
        try:
            written = (self.cluster_folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            if self.cluster_folder.exists():
                raise EmbeddedServerError(
                    f"{self.cluster_folder} is not a PostgreSQL data folder: choose another folder"
                ) from error
            return None
        except OSError as error:
            raise EmbeddedServerError(
                f"cannot read {self.cluster_folder}: {error.strerror}; start MLMon as its owner"
            ) from error
        return int(written)

    def _lay_out(self, programs: PostgresPrograms, account: Account | None) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing."""
        half = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.data_folder))
        try:
            if account is not None:
                os.chown(half, account.uid, account.gid)
            self._run_initdb(programs, account, half)
            half.rename(self.cluster_folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise

    def _run_initdb(
        self, programs: PostgresPrograms, account: Account | None, folder: Path
    ) -> None:
        command = [
            *(str(programs.initdb), "--pgdata", str(folder), "--username", USER),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C"),
            *([] if self._is_durable else ["--no-sync"]),
        ]
        try:
            subprocess.run(  # noqa: S603 - our own command
                wrapped_command(command, death_signal=signal.SIGKILL, account=account),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
                env=child_environment(),
                start_new_session=True,
                pass_fds=() if self._lock is None else (self._lock,),
                timeout=_INITDB_SECONDS,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            output = error.stdout.strip()[-2000:]
            raise EmbeddedServerError(f"initdb failed in {folder}:\n{output}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EmbeddedServerError(f"initdb failed in {folder}: {error}") from error

    def _forget_stale_pid(self) -> None:
        """Remove a pid file whose process id belongs to somebody else by now.

        The folder's lock is ours, so no server that we started is alive. PostgreSQL copes
        with a process id that is free, but refuses to start when it was given away, which
        is common in containers.
        """
        pid_file = self.cluster_folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            folder = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError):
            return
        if folder != self.cluster_folder.resolve():
            pid_file.unlink(missing_ok=True)

    def _command(self) -> Sequence[str]:
        if self._programs is None:
            raise EmbeddedServerError("postgres was not prepared")
        quoted_folder = quoted_name(str(self.runtime_folder))
        settings = (
            _SETTINGS
            | {"unix_socket_directories": quoted_folder}
            | ({} if self._is_durable else _UNSAFE_SETTINGS)
            | self._settings
        )
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs.postgres), "-D", str(self.cluster_folder), *words]

    def _stop_steps(self) -> Sequence[tuple[signal.Signals, float]]:
        return [
            (signal.SIGINT, self._stop_within_seconds),
            (signal.SIGQUIT, _KILL_AFTER_SECONDS),
        ]


def _require_way(folder: Path, account: Account) -> None:
    obstacle = unreachable_parent(folder, account.uid, account.gid)
    if obstacle is not None:
        raise EmbeddedServerError(
            f"PostgreSQL runs as the user {account.name}, who cannot enter {obstacle}: "
            f"let others pass through it (chmod o+x {obstacle}), choose another folder "
            "(--data), or start MLMon as an ordinary user"
        )
