from pathlib import Path

import pytest

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.settings import with_password


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd\n")
    return file


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://config@db:5432/config",
            "postgresql://config:p%40ss%2Fw%3Ard@db:5432/config",
        ),
        ("redis://scheduler@valkey/0?a=b", "redis://scheduler:p%40ss%2Fw%3Ard@valkey/0?a=b"),
    ],
)
def test_password_of_a_file_is_put_into_the_url(file: Path, url: str, expected: str):
    assert with_password(url, file, name="X_URL") == expected


def test_without_a_file_the_url_stays_as_it_is():
    assert with_password("unix:///run/valkey.sock", None, name="X_URL") == "unix:///run/valkey.sock"


@pytest.mark.parametrize("url", ["redis://valkey/0", "redis://user:known@valkey/0"])
def test_password_without_its_user_is_refused(file: Path, url: str):
    with pytest.raises(ConfigurationError, match="X_PASSWORD_FILE goes with a X_URL"):
        with_password(url, file, name="X_URL")


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="X_PASSWORD_FILE: cannot read"):
        with_password("redis://user@valkey", tmp_path / "none", name="X_URL")
