from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version

import pytest
from fastapi import FastAPI, Request, Response

from mlmon_shared.errors import UnauthenticatedError
from mlmon_shared.wire.agent_protocol import AgentDocument, AgentPage, Vector

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
NOW = datetime(2026, 1, 5, tzinfo=UTC)
GOOD = AgentDocument(
    id="a1",
    host="box",
    pool="cpu",
    runtime="process",
    agent_version=version("mlmon"),
    capacity=Vector(cpu_milli=4000, memory=2**33),
    used=Vector(),
    is_alive=True,
    registered_at=NOW,
    beat_at=NOW,
)


@pytest.fixture
def fleet(api: FastAPI) -> FastAPI:
    """Serve `api.state.agents` and a definition `train`; `api.state.ahead` is the clock's skew."""
    api.router.routes = [
        route
        for route in api.router.routes
        if getattr(route, "path", "") not in {"/v1/agents", "/v1/job-definitions/{name}"}
    ]
    api.state.agents, api.state.ahead, api.state.pools_of_job = [GOOD], 0, []

    @api.get("/v1/agents")
    async def list_agents() -> AgentPage:
        return AgentPage(items=api.state.agents)

    @api.get("/v1/job-definitions/{name}")
    async def get_definition(name: str) -> dict[str, object]:
        definition = {"name": name, "image": "i:1", "command": ["true"]}
        return {
            "name": name,
            "version": 1,
            "definition": definition | {"pools": api.state.pools_of_job},
            "created_at": NOW.isoformat(),
            "created_by": "ci",
        }

    @api.middleware("http")
    async def say_the_time(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        moment = datetime.now(UTC) + timedelta(seconds=api.state.ahead)
        response.headers["Date"] = format_datetime(moment, usegmt=True)
        return response

    return api


def test_all_is_well(mlmon: Mlmon, fleet: FastAPI, capsys: Captured) -> None:
    assert mlmon("doctor", "--job", "train") == 0

    assert capsys.readouterr().out.splitlines() == [
        "ok    http://mlmon.test answers, and the token may read",
        "ok    the clocks agree",
        "ok    1 of 1 agents take runs",
        "ok    train fits agents of pool cpu",
    ]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"agents": []}, "none of 0 agents takes runs"),
        ({"agents": [GOOD.model_copy(update={"is_alive": False})]}, "is not heard any more"),
        (
            {"agents": [GOOD.model_copy(update={"quarantine_reason": "3 jobs failed here."})]},
            "in quarantine: 3 jobs failed here. (mlmon agents release a1)",
        ),
        ({"agents": [GOOD.model_copy(update={"agent_version": "0.0.1"})]}, "have version 0.0.1"),
        ({"ahead": 60}, "s ahead of this one"),
        ({"pools_of_job": ["gpu"]}, "no agent of pool gpu that takes runs"),
    ],
)
def test_what_is_wrong_is_told_and_the_status_is_1(
    mlmon: Mlmon, fleet: FastAPI, state: dict[str, object], told: str, capsys: Captured
) -> None:
    for name, value in state.items():
        setattr(fleet.state, name, value)

    assert mlmon("doctor", "--job", "train") == 1

    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("WRONG")]
    assert any(told in line for line in wrong)


def test_a_refused_token_is_the_only_finding(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    @api.middleware("http")
    async def refuse(request: Request, call_next: object) -> Response:
        error = UnauthenticatedError("the token is unknown or revoked")
        return Response(
            f'{{"code": "{error.code}", "type": "urn:mlmon:problem:{error.code}", "status": 401,'
            f' "title": "x", "detail": "{error.detail}"}}',
            401,
            media_type="application/problem+json",
        )

    assert mlmon("doctor") == 1

    told = capsys.readouterr().out
    assert told == "WRONG http://mlmon.test: the token is unknown or revoked\n"
