from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from mlmon_shared.wire.catalog import NewTokenDocument, TokenDocument, TokenPage, TokenRequest

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
NOW = datetime(2026, 11, 28, tzinfo=UTC)
LIMITED = TokenDocument(
    id="t1", name="ci", scopes=["reader"], clients=["acme", "bolt"], created_at=NOW
)


@pytest.fixture
def api(api: FastAPI) -> FastAPI:
    @api.post("/v1/tokens", status_code=201)
    async def create_token(request: TokenRequest) -> NewTokenDocument:
        api.state.sent.append(request)
        document = request.model_dump()
        return NewTokenDocument(**document, id="t1", created_at=NOW, token="mlm_secret")

    @api.get("/v1/tokens")
    async def list_tokens() -> TokenPage:
        return TokenPage(items=[LIMITED])

    @api.get("/v1/tokens/t1")
    async def get_token() -> TokenDocument:
        return LIMITED

    @api.delete("/v1/tokens/{token_id}", status_code=204)
    async def revoke_token(token_id: str) -> None:
        api.state.sent.append(token_id)

    return api


def test_token_is_made_with_its_limits_and_printed_alone(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    limits = ("--client", "acme", "--client", "bolt", "--job", "train")
    status = mlmon("tokens", "create", "ci", "--scope", "submitter", *limits)

    assert (status, capsys.readouterr().out) == (0, "mlm_secret\n")
    assert api.state.sent == [
        TokenRequest(name="ci", scopes=["submitter"], clients=["acme", "bolt"], jobs=["train"])
    ]


def test_token_without_limits_sends_none(mlmon: Mlmon, api: FastAPI) -> None:
    mlmon("tokens", "create", "ci", "--scope", "reader", "--expires", "2027-01-01")

    (sent,) = api.state.sent
    assert (sent.clients, sent.jobs) == (None, None)
    assert sent.expires_at == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("arguments", [["list"], ["get", "t1"]])
def test_tokens_are_shown_with_their_limits(
    mlmon: Mlmon, arguments: list[str], capsys: Captured
) -> None:
    assert mlmon("tokens", *arguments) == 0

    assert capsys.readouterr().out.splitlines()[-1].split() == [
        "t1", "ci", "reader", "acme,bolt", "all",
    ]  # fmt: skip


def test_token_is_revoked_by_its_id(mlmon: Mlmon, api: FastAPI) -> None:
    assert mlmon("tokens", "revoke", "t1") == 0

    assert api.state.sent == ["t1"]
