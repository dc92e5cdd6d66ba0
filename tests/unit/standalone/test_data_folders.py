import os
from pathlib import Path

import pytest

from mlmon_shared.errors import ConfigurationError
from mlmon_standalone.data_folders import (
    DataFolder,
    default_data_folder,
    ensure_secret,
    open_data_folder,
    write_secret,
)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def secrets_of(folder: DataFolder) -> dict[str, str]:
    return {file.name: file.read_text() for file in (folder.path / "secrets").iterdir()}


def test_secrets_and_artifacts_are_for_the_owner_alone(data):
    files = [
        data.admin_token_file,
        data.service_token_file,
        data.signing_key_file,
        data.secrets_key_file,
        data.scheduler_key_file,
    ]

    assert [mode_of(file) for file in files] == [0o600] * 5
    assert mode_of(data.path / "secrets") == mode_of(data.artifacts) == 0o700
    assert mode_of(data.path / "mlmon.lock") == 0o600


def test_made_folders_let_the_user_of_postgres_pass_through(tmp_path):
    before = os.umask(0o077)
    try:
        open_data_folder(tmp_path / "new" / "data").release()
    finally:
        os.umask(before)

    assert mode_of(tmp_path / "new") == mode_of(tmp_path / "new" / "data") == 0o711


@pytest.mark.parametrize("mode", [0o750, 0o1777])
def test_folder_that_was_there_keeps_its_mode(tmp_path, mode):
    tmp_path.chmod(mode)

    open_data_folder(tmp_path).release()

    assert mode_of(tmp_path) == mode


def test_private_folders_that_others_could_enter_are_closed(tmp_path):
    private = [tmp_path / "secrets", tmp_path / "artifacts"]
    for folder in private:
        folder.mkdir()
        folder.chmod(0o755)

    open_data_folder(tmp_path).release()

    assert [mode_of(folder) for folder in private] == [0o700, 0o700]


def test_secrets_differ_and_are_long(data):
    secrets = secrets_of(data)

    assert len(set(secrets.values())) == 5
    assert all(len(secret.strip()) >= 43 for secret in secrets.values())


def test_secrets_are_kept_over_restarts(tmp_path):
    first = open_data_folder(tmp_path / "data")
    before = secrets_of(first)
    first.release()

    second = open_data_folder(tmp_path / "data")
    after = secrets_of(second)
    second.release()

    assert after == before


def test_secret_is_replaced_as_a_whole(tmp_path):
    write_secret(tmp_path / "pool.token", "first")
    write_secret(tmp_path / "pool.token", "second")

    assert [file.name for file in tmp_path.iterdir()] == ["pool.token"]
    assert (tmp_path / "pool.token").read_text() == "second\n"


def test_existing_secret_is_left_alone(tmp_path):
    write_secret(tmp_path / "admin.token", "mine")
    ensure_secret(tmp_path / "admin.token")

    assert (tmp_path / "admin.token").read_text() == "mine\n"


def test_second_server_is_told_which_process_uses_the_folder(data):
    with pytest.raises(ConfigurationError) as caught:
        open_data_folder(data.path)

    assert f"process {os.getpid()}" in caught.value.detail
    assert str(data.path) in caught.value.detail
    assert "\n" not in caught.value.detail


def test_refused_server_leaves_the_lock_to_its_holder(data):
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="using"):
            open_data_folder(data.path)


def test_released_folder_can_be_opened_again(tmp_path):
    open_data_folder(tmp_path / "data").release()
    again = open_data_folder(tmp_path / "data")
    again.release()

    assert again.path == tmp_path / "data"


@pytest.mark.parametrize("name", ["file", "file/below", "file/far/below"])
def test_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path, name):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ConfigurationError) as caught:
        open_data_folder(tmp_path / name)

    assert caught.value.detail == (
        f"cannot use the data folder {tmp_path / name}: Not a directory; choose another with --data"
    )


def test_folder_in_which_nothing_can_be_made_is_refused_in_one_line(tmp_path):
    (tmp_path / "secrets").write_text("not a folder")

    with pytest.raises(ConfigurationError, match=f"cannot write in {tmp_path}: .*") as caught:
        open_data_folder(tmp_path)

    assert "\n" not in caught.value.detail


def test_refused_folder_is_not_kept_locked(tmp_path):
    (tmp_path / "secrets").write_text("not a folder")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="cannot write"):
            open_data_folder(tmp_path)


def test_relative_folder_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = open_data_folder(Path("data"))
    folder.release()

    assert folder.path == tmp_path / "data"


def test_default_folder_of_root_is_where_other_users_can_pass():
    found = default_data_folder("demo", is_root=True, environment={"XDG_DATA_HOME": "/root/data"})

    assert found == Path("/var/lib/mlmon/demo")


def test_default_folder_of_a_user_is_in_the_data_home():
    found = default_data_folder("demo", is_root=False, environment={"XDG_DATA_HOME": "/data"})

    assert found == Path("/data/mlmon/demo")


@pytest.mark.parametrize("environment", [{}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "relative"}])
def test_default_folder_without_a_data_home_is_in_the_home(environment):
    found = default_data_folder("standalone", is_root=False, environment=environment)

    assert found == Path.home() / ".local" / "share" / "mlmon" / "standalone"
