import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_shared.embedded.accounts import Account, is_executable_by, unreachable_parent

STRANGER = Account(name="stranger", uid=64_001, gid=64_001)


@pytest.fixture
def way(server_folder: Path) -> Path:
    """A folder three levels deep that everybody may enter."""
    folder = server_folder / "a" / "b" / "c"
    folder.mkdir(parents=True)
    for part in (folder, *folder.parents[:2]):
        part.chmod(0o755)
    return folder


@pytest.fixture
def closed_way(way: Path) -> Iterator[Path]:
    way.parent.chmod(0o700)
    yield way
    way.parent.chmod(0o755)


def test_open_way_has_no_obstacle(way: Path) -> None:
    assert unreachable_parent(way, STRANGER.uid, STRANGER.gid) is None


def test_closed_folder_on_the_way_is_named(closed_way: Path) -> None:
    assert unreachable_parent(closed_way, STRANGER.uid, STRANGER.gid) == closed_way.parent


def test_closed_folder_itself_is_named(way: Path) -> None:
    way.chmod(0o700)

    assert unreachable_parent(way, STRANGER.uid, STRANGER.gid) == way


def test_owner_enters_a_private_folder(closed_way: Path) -> None:
    owner = closed_way.stat()

    assert unreachable_parent(closed_way, owner.st_uid, STRANGER.gid) is None


def test_group_enters_a_shared_folder(closed_way: Path) -> None:
    closed_way.parent.chmod(0o710)
    group = closed_way.parent.stat().st_gid

    assert unreachable_parent(closed_way, STRANGER.uid, group) is None


def test_owner_without_right_is_not_helped_by_others_right(way: Path) -> None:
    way.chmod(0o077)
    owner = way.stat()
    uid = owner.st_uid or STRANGER.uid
    if uid != owner.st_uid:
        os.chown(way, uid, owner.st_gid)

    obstacle = unreachable_parent(way, uid, STRANGER.gid)
    way.chmod(0o755)

    assert obstacle == way


def test_root_enters_everything(closed_way: Path) -> None:
    assert unreachable_parent(closed_way, 0, 0) is None


def test_missing_folder_below_an_open_one_is_reachable(way: Path) -> None:
    assert unreachable_parent(way / "later" / "still", STRANGER.uid, STRANGER.gid) is None


def test_missing_folder_below_a_closed_one_is_not(closed_way: Path) -> None:
    missing = closed_way / "later"

    assert unreachable_parent(missing, STRANGER.uid, STRANGER.gid) == closed_way.parent


@pytest.mark.parametrize(("mode", "can_run"), [(0o755, True), (0o744, False), (0o701, True)])
def test_program_needs_its_own_right(way: Path, mode: int, can_run: bool) -> None:
    program = way / "program"
    program.touch()
    program.chmod(mode)

    assert is_executable_by(program, STRANGER.uid, STRANGER.gid) is can_run
