import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import httpx
import typer
from typer.main import get_command

from mlmon.cli.completions import client_names, job_names, profile_names
from mlmon.cli.main import app
from mlmon.cli.sessions import Session
from mlmon_shared.wire.catalog import ClientDocument, ClientPage


def context_of(answer: httpx.Response, asked: list[httpx.URL]) -> typer.Context:
    """The context that a shell's question has: nothing is run, options are read."""

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return answer

    session = Session(transport=httpx.MockTransport(handle))
    options = ["--server", "http://other.test", "submit"]
    context = get_command(app).make_context("mlmon", options, resilient_parsing=True, obj=session)
    return cast("typer.Context", context)


def test_names_of_clients_come_from_the_server_of_the_command() -> None:
    asked: list[httpx.URL] = []
    page = ClientPage(items=[ClientDocument(name=name) for name in ("acme", "apex")])
    answer = httpx.Response(200, content=page.model_dump_json())

    assert client_names(context_of(answer, asked), "ac") == ["acme"]
    assert (asked[0].host, asked[0].params["name"]) == ("other.test", "ac")


def test_a_shell_sees_no_error() -> None:
    refused = httpx.Response(403, json={"detail": "no"})

    assert job_names(context_of(refused, []), "t") == []


def test_names_of_profiles_come_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config" / "mlmon" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[profiles.team]\nserver = "http://x"\n[profiles.test]\nserver = "http://y"\n')

    assert profile_names("tes") == ["test"]
    file.write_text("[")
    assert profile_names("t") == []


def test_a_shell_asks_the_command(tmp_path: Path) -> None:
    file = tmp_path / "mlmon" / "config.toml"
    file.parent.mkdir()
    file.write_text('[profiles.team]\nserver = "http://x"\n')
    question = {
        "_MLMON_COMPLETE": "complete_bash",
        "COMP_WORDS": "mlmon --profile t",
        "COMP_CWORD": "2",
        "XDG_CONFIG_HOME": str(tmp_path),
    }

    done = subprocess.run(
        [sys.executable, "-c", "from mlmon.cli.main import main; main()"],
        env={**os.environ, **question},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["team"]
