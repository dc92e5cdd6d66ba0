"""The data folder of a standalone server: where it is, who uses it, and its secrets."""

import fcntl
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.sealing import encode_key, public_key_of, read_keys

_LOCK_NAME = "mlmon.lock"


def default_data_folder(
    name: str, *, is_root: bool | None = None, environment: Mapping[str, str] | None = None
) -> Path:
    """Return where a standalone server keeps its data when nobody says otherwise.

    Root gets a folder under /var/lib: PostgreSQL then runs as another user, who could not
    enter root's home.

    Args:
        name: `standalone`, or `demo`.
        is_root: This process when left out.
        environment: The process's own when left out.
    """
    if os.geteuid() == 0 if is_root is None else is_root:
        return Path("/var/lib/mlmon") / name
    environment = os.environ if environment is None else environment
    home = environment.get("XDG_DATA_HOME", "")
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

    @property
    def secrets_key_file(self) -> Path:
        """Holds the keys that wrap secrets in the database."""
        return self.path / "secrets" / "secrets.key"

    @property
    def scheduler_key_file(self) -> Path:
        """Holds the private key to which secrets are sealed for the scheduler."""
        return self.path / "secrets" / "scheduler.key"

    def read_scheduler_public_key(self) -> str:
        """Return the public key that goes with the scheduler's first private one."""
        text = self.scheduler_key_file.read_text()
        return encode_key(public_key_of(read_keys(text, name=str(self.scheduler_key_file))[0]))

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
        _make_folder(path)
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
        for private in (path / "secrets", folder.artifacts):
            private.mkdir(mode=0o700, exist_ok=True)
            private.chmod(0o700)
        ensure_secret(folder.admin_token_file, prefix="mlm_")
        ensure_secret(folder.service_token_file, prefix="mlm_")
        for key in (folder.signing_key_file, folder.secrets_key_file, folder.scheduler_key_file):
            ensure_secret(key)
    except OSError as error:
        folder.release()
        raise ConfigurationError(f"cannot write in {path}: {error.strerror}") from error
    return folder


def _make_folder(path: Path) -> None:
    """Make a folder and its missing parents; one that exists keeps its mode.

    PostgreSQL may run as another user, who must be able to pass through.
    """
    if path.exists():
        return
    _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(0o711)


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
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(file)
