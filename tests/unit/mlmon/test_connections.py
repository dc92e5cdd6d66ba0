import json
from pathlib import Path

import pytest

from mlmon.connections import Connection, resolve_connection, standalone_connection_file
from mlmon.errors import ConfigurationError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Only a standalone server is known."""
    token_file = tmp_path / "standalone-token"
    token_file.write_text("of-standalone\n")
    known = {"XDG_DATA_HOME": str(tmp_path)}
    file = standalone_connection_file(known)
    file.parent.mkdir()
    file.write_text(json.dumps({"url": "http://127.0.0.1:1/", "token_file": str(token_file)}))
    return known


def test_arguments_go_before_the_environment(environment: dict[str, str]) -> None:
    environment |= {"MLMON_URL": "http://environment", "MLMON_TOKEN": "e"}

    found = resolve_connection("http://argument", token="a", environment=environment)

    assert found == Connection("http://argument", "a")


def test_environment_goes_before_the_standalone_server(environment: dict[str, str]) -> None:
    environment |= {"MLMON_URL": "http://environment", "MLMON_TOKEN": "e"}

    assert resolve_connection(environment=environment) == Connection("http://environment", "e")


def test_standalone_server_is_found_by_its_file(environment: dict[str, str]) -> None:
    found = resolve_connection(environment=environment)

    assert found == Connection("http://127.0.0.1:1", "of-standalone")


def test_token_of_the_standalone_server_goes_nowhere_else(environment: dict[str, str]) -> None:
    assert resolve_connection("http://other", environment=environment).token is None


def test_token_file_argument_goes_before_token_of_environment(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    environment["MLMON_TOKEN"] = "e"

    found = resolve_connection("http://a", token_file=tmp_path / "mine", environment=environment)

    assert found.token == "mine"


def test_without_a_server_all_three_remedies_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve_connection(environment={"XDG_DATA_HOME": str(tmp_path)})

    assert all(word in caught.value.detail for word in ("mlmon up", "MLMON_URL", "--server"))


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x", "http://", "http://x:port"])
def test_malformed_url_is_a_configuration_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not the URL"):
        resolve_connection(url, environment={"XDG_DATA_HOME": str(tmp_path)})


def test_damaged_connection_file_is_a_configuration_error(environment: dict[str, str]) -> None:
    standalone_connection_file(environment).write_text("[]")

    with pytest.raises(ConfigurationError, match="damaged"):
        resolve_connection(environment=environment)


@pytest.mark.parametrize("token", ["two words", "zwölf", " "])
def test_token_that_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="holds no token"):
        resolve_connection("http://x", token=token, environment={})


def test_relative_data_home_is_ignored() -> None:
    found = standalone_connection_file({"XDG_DATA_HOME": "relative"})

    assert found == Path.home() / ".local/share/mlmon/standalone.json"


def test_token_is_not_in_the_representation() -> None:
    assert "secret" not in repr(Connection("http://x", "secret"))
