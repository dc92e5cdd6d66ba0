"""`mlmon secrets`."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request

from mlmon import Client
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.plans import DefinitionWarning
from mlmon_shared.wire.secrets import SecretDocument, SecretPage
from tests.unit.mlmon.test_sync_clients import open_client

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
SECRET = SecretDocument(
    name="db",
    clients=["acme"],
    version=3,
    source="ssm:/db",
    problem="ssm:/db: gone",
    used_by=["train"],
    changed_at="2026-01-01T00:00:00Z",
    changed_by="ann",
)


@pytest.fixture(autouse=True)
def sent(api: FastAPI) -> list[Any]:
    bodies: list[Any] = []

    @api.put("/v1/secrets/db")
    async def put_secret(request: Request) -> ApplyResult:
        bodies.append(await request.json())
        warning = DefinitionWarning(pointer="/jobs", detail="train may not use it")
        return ApplyResult(
            kind="secret", name="db", change="changed", version=3, config_revision=7,
            warnings=[warning] if "jobs" in bodies[-1] else [],
        )  # fmt: skip

    @api.get("/v1/secrets")
    async def list_secrets(cursor: str | None = None) -> SecretPage:
        if cursor is None:
            return SecretPage(items=[SECRET], next_cursor="next")
        return SecretPage(items=[SECRET.model_copy(update={"name": "key", "problem": ""})])

    @api.get("/v1/secrets/db")
    async def get_secret() -> SecretDocument:
        return SECRET

    @api.delete("/v1/secrets/db")
    async def delete_secret() -> ApplyResult:
        return ApplyResult(kind="secret", name="db", change="changed", config_revision=8)

    return bodies


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_value_comes_from_standard_input_without_its_last_newline(
    mlmon: Mlmon, sent: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    feed(monkeypatch, b"line one\nline two\n")

    assert mlmon("secrets", "set", "db", "--client", "acme", "--any-job") == 0

    value = "line one\nline two"
    assert sent == [{"name": "db", "value": value, "clients": ["acme"], "jobs": "any"}]
    printed = capsys.readouterr()
    assert printed.out == "changed secret db (version 3)\n"
    assert "train may not use it" in printed.err


def test_value_comes_from_a_file_or_stays_or_is_elsewhere(
    mlmon: Mlmon, sent: list[Any], tmp_path: Path
) -> None:
    file = tmp_path / "value"
    file.write_text("hunter2\r\n")

    mlmon("secrets", "set", "db", "--from-file", file)
    mlmon("secrets", "set", "db", "--keep-value", "--description", "Of the warehouse.")
    mlmon("secrets", "set", "db", "--source", "ssm:/db")

    assert sent == [
        {"name": "db", "value": "hunter2"},
        {"name": "db", "description": "Of the warehouse."},
        {"name": "db", "source": "ssm:/db"},
    ]


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (["set", "db", "hunter2"], b"", "unexpected extra argument"),
        (["set", "db", "--keep-value", "--source", "ssm:/db"], b"", "give one of"),
        (["set", "db", "--job", "a", "--any-job"], b"hunter2", "--job or --any-job"),
        (["set", "db"], b"\xff", "not text in UTF-8"),
        (["set", "db"], b"", "at least one character"),
        (["set", "db", "--source", "hunter2"], b"", "should match pattern"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_showing_it(
    *,
    mlmon: Mlmon,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
    arguments: list[str],
    content: bytes,
    words: str,
) -> None:
    feed(monkeypatch, content)

    assert mlmon("secrets", *arguments) != 0

    assert sent == []
    assert words in capsys.readouterr().err


def test_secrets_are_listed_shown_and_removed_without_values(
    mlmon: Mlmon, capsys: Captured
) -> None:
    mlmon("secrets", "list", "-o", "wide")
    listed = capsys.readouterr()
    mlmon("secrets", "get", "db", "-o", "json")
    shown = capsys.readouterr().out
    mlmon("secrets", "remove", "db")

    assert "db" in listed.out
    assert "ssm:/db" in listed.out
    assert "db has no new value: ssm:/db: gone" in listed.err
    assert '"version": 3' in shown
    assert capsys.readouterr().out == "removed secret db\n"


def test_client_sets_lists_and_removes(api: FastAPI, sent: list[Any]) -> None:
    with open_client(api) as client:
        client.set_secret("db", "hunter2", jobs=("train",))

        assert sent == [{"name": "db", "value": "hunter2", "jobs": ["train"]}]
        assert [each.name for each in client.list_secrets()] == ["db", "key"]
        assert client.get_secret("db").used_by == ["train"]
        assert isinstance(client, Client)
        assert client.remove_secret("db").config_revision == 8
