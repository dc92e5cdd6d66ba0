"""The data folder of a standalone server: where it is, who uses it, and its secrets."""

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from mlmon_shared.errors import ConfigurationError

_LOCK_NAME = "mlmon.lock"


def default_data_folder(name: str) -> Path:
    """Return where a standalone server keeps its data when nobody says otherwise.

    Root gets a folder under /var/lib: PostgreSQL then runs as another user, who could not
    enter root's home.

    Args:
        name: `standalone`, or `demo`.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/mlmon") / name
    home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "share"
    return base / "mlmon" / name


@dataclass(frozen=True)
class DataFolder:
    """A data folder that this process holds the lock of.

    Attributes:
        path: Absolute.
        descriptor: Holds the lock until it is closed.
    """

    path: Path
    descriptor: int

    @property
    def admin_token_file(self) -> Path:
        """Holds the admin token."""
        return self.path / "secrets" / "admin.token"

    @property
    def service_token_file(self) -> Path:
        """Holds the token that services use among themselves."""
        return self.path / "secrets" / "service.token"

    @property
    def signing_key_file(self) -> Path:
        """Holds the key of session tokens and upload grants."""
        return self.path / "secrets" / "signing.key"

    def agent_token_file(self, pool: str) -> Path:
        """Return the file of a pool's bootstrap token."""
        return self.path / "secrets" / f"agent-{pool}.token"

    @property
    def artifacts(self) -> Path:
        """The folder store."""
        return self.path / "artifacts"

    @property
    def agents_file(self) -> Path:
        """Says which agents this server starts."""
        return self.path / "agents.json"

    def release(self) -> None:
        """Let another process use the folder."""
        os.close(self.descriptor)


def open_data_folder(path: Path) -> DataFolder:
    """Make the folder if need be, lock it and make its secrets.

    Raises:
        ConfigurationError: It cannot be made or written, or another server uses it.
    """
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        # PostgreSQL may run as another user, who must be able to pass through.
        path.chmod(0o711)
        descriptor = os.open(path / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"cannot use the data folder {path}: {error.strerror}; choose another with --data"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode(errors="replace").strip() or "another process"
        os.close(descriptor)
        raise ConfigurationError(
            f"a server is using {path} already (process {holder}); stop it, or choose another "
            "folder with --data"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    folder = DataFolder(path, descriptor)
    try:
        (path / "secrets").mkdir(mode=0o700, exist_ok=True)
        folder.artifacts.mkdir(mode=0o700, exist_ok=True)
        ensure_secret(folder.admin_token_file, prefix="mlm_")
        ensure_secret(folder.service_token_file, prefix="mlm_")
        ensure_secret(folder.signing_key_file)
    except OSError as error:
        folder.release()
        raise ConfigurationError(f"cannot write in {path}: {error.strerror}") from error
    return folder


def ensure_secret(file: Path, *, prefix: str = "") -> None:
    """Write a random secret with mode 0600, unless the file exists."""
    if not file.exists():
        write_secret(file, prefix + secrets.token_urlsafe(32))


def write_secret(file: Path, secret: str) -> None:
    """Write a file with mode 0600; it appears whole or not at all."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"{secret}\n")
    temporary.replace(file)
