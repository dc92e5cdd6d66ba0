import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlmon.connections import Connection, resolve_connection
from mlmon.errors import ConfigurationError
from mlmon.profiles import choose_profile

Mlmon = Callable[..., int]
CONFIG = """
[profiles.team]
server = "http://team"
token_file = "team.token"

[profiles.test]
server = "http://test"
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two profiles, and no server of this machine."""
    (tmp_path / "mlmon").mkdir()
    (tmp_path / "mlmon" / "config.toml").write_text(CONFIG)
    (tmp_path / "mlmon" / "team.token").write_text("t")
    known = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    return known


def test_a_named_profile_brings_server_and_token(environment: dict[str, str]) -> None:
    environment |= {"MLMON_URL": "http://environment", "MLMON_TOKEN": "e"}

    found = resolve_connection(profile="team", environment=environment)

    assert found == Connection("http://team", "t")


def test_variables_and_the_choice_name_a_profile_in_their_order(
    environment: dict[str, str],
) -> None:
    choose_profile("test", environment)
    assert resolve_connection(environment=environment) == Connection("http://test")
    environment["MLMON_PROFILE"] = "team"
    assert resolve_connection(environment=environment) == Connection("http://team", "t")
    environment["MLMON_URL"] = "http://environment"

    assert resolve_connection(environment=environment) == Connection("http://environment")


def test_a_server_by_argument_gets_no_profile_s_token(environment: dict[str, str]) -> None:
    environment["MLMON_PROFILE"] = "team"

    assert resolve_connection("http://other", environment=environment).token is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[profiles", "is not TOML"),
        ("profiles = 1", r"\[profiles.NAME\]"),
        ("[profiles.tem]\nserver = 'x'", 'no profile is named "team"; did you mean "tem"'),
        ("[profiles.team]\nurl = 'x'", 'no field is named "url"'),
        ("[profiles.team]\ntoken_file = 'x'", "server is missing"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(
    environment: dict[str, str], tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "mlmon" / "config.toml").write_text(content)

    with pytest.raises(ConfigurationError, match=said):
        resolve_connection(profile="team", environment=environment)


def test_profiles_are_listed_and_chosen(
    mlmon: Mlmon,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("MLMON_URL")

    assert mlmon("profiles", "use", "test") == 0
    assert mlmon("profiles", "use", "tset") == 2
    capsys.readouterr()

    assert mlmon("profiles", "list") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [
        "team",
        "http://team",
        f"{environment['XDG_CONFIG_HOME']}/mlmon/team.token",
    ]
    assert lines[2].split() == ["test", "*", "http://test"]

    assert mlmon("profiles", "get", "test") == 0

    assert capsys.readouterr().out.splitlines()[1].split() == lines[2].split()
    assert mlmon("profiles", "get", "tset") == 2
    assert 'no profile is named "tset"; did you mean "test"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "used"),
    [([], []), (["--profile", "test"], ["test"]), (["--server", "http://x"], [])],
)
def test_profile_is_marked_only_where_no_url_goes_before_it(
    *,
    mlmon: Mlmon,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    used: list[str],
) -> None:
    choose_profile("team", environment)
    monkeypatch.setenv("MLMON_URL", "http://environment")

    assert mlmon(*options, "profiles", "list", "-o", "json") == 0

    items = json.loads(capsys.readouterr().out)["items"]
    assert [item["name"] for item in items] == ["team", "test"]
    assert [item["name"] for item in items if item["is_used"]] == used
