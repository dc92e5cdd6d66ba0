from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx
import pytest
import typer

from mlmon.cli.main import main
from mlmon.cli.options import parse_labels, parse_params
from mlmon.cli.plugins import load_plugin
from mlmon.cli.sessions import Session
from mlmon.cli.texts import duration, plain, plain_json, size
from mlmon.errors import ServerUnreachableError

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("a=11", 11),
        ("a=[1, 2]", [1, 2]),
        ("a=true", True),
        ("a=null", None),
        ("a=text", "text"),
        ('a="11"', "11"),
        ("a=x=y", "x=y"),
        ("a=", ""),
        ("a=NaN", "NaN"),
    ],
)
def test_parameter_is_json_where_it_can_be(option: str, value: object) -> None:
    assert parse_params([option]) == {"a": value}


def test_parameters_go_over_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("a: 1\nb: 2\n")

    assert parse_params(["b=3"], tmp_path / "params.yaml") == {"a": 1, "b": 3}


@pytest.mark.parametrize("option", ["a", "=1"])
def test_option_without_name_or_value_is_refused(option: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_labels([option])


@pytest.mark.parametrize(
    "arguments",
    [
        ["submt"],
        ["submit"],
        ["submit", "train", "--client", "AA", "-p", "month"],
        ["submit", "train", "--client", "AA", "-p", "a=\udcff"],
        ["submit", "train", "--client", "AA", "--idempotency-key", "é"],
        ["submit", "train", "--client", "AA", "--priority", "many"],
        ["submit", "train", "--client", "AA", "--lane", "fast"],
        ["submit", "--batch", "b.yaml", "--lane", "high"],
        ["submit", "train", "--client", "A A"],
        ["submit", "train", "--client", "AA", "--follow", "-o", "json"],
        ["submit", "train", "--batch", "x.yaml"],
        ["runs", "get"],
        ["cancel"],
        ["hold"],
        ["release", "r1", "--batch", "b1"],
        ["rerun"],
        ["rerun", "r1", "--failed"],
        ["rerun", "--batch", "b1", "--downstream"],
        ["priority", "1001", "r1"],
        ["apply"],
        ["--nothing"],
    ],
)
def test_usage_error_is_one_line_and_exit_status_two(
    mlmon: Mlmon, arguments: list[str], capsys: Captured
) -> None:
    status = mlmon(*arguments)

    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert captured.err.startswith("mlmon: ")
    assert captured.err.count("\n") == 1


def test_error_of_the_server_is_one_line(mlmon: Mlmon, capsys: Captured) -> None:
    status = mlmon("runs", "get", "r9")

    assert (status, capsys.readouterr().err) == (
        1,
        "mlmon: run r9 does not exist (see mlmon runs list)\n",
    )


def test_no_server_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.delenv("MLMON_URL")

    assert main(["runs", "list"]) == 2
    assert capsys.readouterr().err.startswith("mlmon: no server is known")


def test_interrupt_ends_with_130() -> None:
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    session = Session(transport=httpx.MockTransport(interrupt))

    assert main(["runs", "list"], session) == 130


def test_unreachable_server_is_one_line(capsys: Captured) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise ServerUnreachableError("no answer from http://x:\nrefused")

    assert main(["runs", "list"], Session(transport=httpx.MockTransport(refuse))) == 1
    assert capsys.readouterr().err == "mlmon: no answer from http://x: refused\n"


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["runs", "get", "nope"], "runs"),
        (["logs", "nope"], "runs"),
        (["jobs", "canary", "show", "helo"], "jobs"),
        (["--server", "http://x", "webhooks", "get", "z"], "webhooks"),
    ],
)
def test_what_is_not_found_is_told_with_the_command_that_lists_what_is(
    command: list[str], hint: str, capsys: Captured
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"code": "not-found", "detail": "there is none"})

    assert main(command, Session(transport=httpx.MockTransport(answer))) == 1
    assert capsys.readouterr().err == f"mlmon: there is none (see mlmon {hint} list)\n"


def test_a_choice_that_is_none_is_told_without_words_of_the_parsers(capsys: Captured) -> None:
    assert main(["runs", "list", "--state", "x"]) == 2

    assert capsys.readouterr().err.startswith("mlmon: Invalid value for '--state': 'x' is not one")


def test_version_and_help_have_the_usual_options(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert main(["version"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert main(["runs", "list", "-h"]) == 0
    assert "Usage: mlmon runs list" in capsys.readouterr().out


def test_commands_of_packages_that_are_missing_say_where_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("mlmon.cli.plugins.find_plugins", dict)

    assert main(["up"]) == 2
    assert main(["run-local"]) == 2

    up, local = capsys.readouterr().err.splitlines()
    assert up.startswith("mlmon: up is not installed: it comes with mlmon-standalone; ")
    assert local == "mlmon: run-local is not installed: pip install 'mlmon[local]'"


def test_global_server_is_used(capsys: Captured) -> None:
    hosts = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(200, json={"items": []})

    main(
        ["--server", "http://chosen", "runs", "list"],
        Session(transport=httpx.MockTransport(answer)),
    )

    assert hosts == ["chosen"]


def test_version_is_printed(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("version") == 0
    assert capsys.readouterr().out.startswith("mlmon ")


def test_broken_plugin_is_one_line(capsys: Captured) -> None:
    plugin = EntryPoint("up", "mlmon_nothing:up", "mlmon.commands")

    assert load_plugin(plugin) is None
    assert capsys.readouterr().err == (
        "mlmon: the command up cannot be loaded: "
        "ModuleNotFoundError: No module named 'mlmon_nothing'\n"
    )


def test_plugin_becomes_a_command() -> None:
    found = load_plugin(EntryPoint("say", "mlmon.cli.main:show_version", "mlmon.commands"))

    assert found is not None
    assert found.name == "say"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.4, "0 s"),
        (12, "12 s"),
        (185, "3 min 05 s"),
        (7620, "2 h 07 min"),
        (273_600, "3 d 04 h"),
    ],
)
def test_durations_are_readable(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(512, "512 B"), (1536, "1.5 KiB"), (3 * 2**30, "3.0 GiB")]
)
def test_sizes_are_readable(number: int, shown: str) -> None:
    assert size(number) == shown


def test_control_characters_are_shown_as_escapes() -> None:
    assert plain("a\x1b[31m\tb\nc\u202e") == "a\\x1b[31m b c\\u202e"


def test_json_stays_the_same_document() -> None:
    assert plain_json('{\n"a": "\x9b\u202e"}') == '{\n"a": "\\u009b\\u202e"}'
