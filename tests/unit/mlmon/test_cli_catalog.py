import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from mlmon_shared.wire.catalog import Client, NamedResource, Pool, Quotas
from mlmon_shared.wire.job_definitions import Resources

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def stocked(api: FastAPI) -> FastAPI:
    api.state.resources = {
        name: NamedResource(name=name, capacity=capacity)
        for name, capacity in (("api", 3), ("warehouse", 8))
    }
    return api


def test_resource_is_put_with_its_capacity(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    status = mlmon("resources", "put", "warehouse", "--capacity", "8", "--description", "Sessions")

    assert (status, capsys.readouterr().out) == (0, "created resource warehouse\n")
    assert api.state.resources["warehouse"] == NamedResource(
        name="warehouse", description="Sessions", capacity=8
    )


@pytest.mark.parametrize("options", [[], ["--capacity", "many"], ["--capacity", "-1"]])
def test_resource_without_a_capacity_is_not_sent(
    mlmon: Mlmon, api: FastAPI, options: list[str]
) -> None:
    assert mlmon("resources", "put", "warehouse", *options) == 2
    assert api.state.sent == []


@pytest.mark.usefixtures("stocked")
def test_resources_are_listed_with_their_capacities(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("resources", "list") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "warehouse" in line] == [["warehouse", "8"]]
    assert any("api" in line for line in lines)


@pytest.mark.usefixtures("stocked")
def test_one_resource_is_shown(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("resources", "get", "api", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["capacity"] == 3

    assert mlmon("resources", "get", "api") == 0
    assert "warehouse" not in capsys.readouterr().out

    assert mlmon("resources", "get", "nothing") == 1
    assert 'no resource is named "nothing"' in capsys.readouterr().err


def test_client_is_put_with_its_quota(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    mlmon(
        *("clients", "put", "AA", "--weight", "2", "--max-runs", "7"),
        *("--max-cpu", "8.5", "--max-memory", "64Gi", "--max-gpus", "0"),
    )

    quotas = Quotas(runs=7, cpu=8.5, memory=64 * 2**30, gpus=0)
    assert (api.state.clients["AA"].weight, api.state.clients["AA"].quotas) == (2, quotas)
    capsys.readouterr()
    mlmon("clients", "list")
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["AA", "2", "runs=7"]


def test_client_without_a_quota_has_none(mlmon: Mlmon, api: FastAPI) -> None:
    mlmon("clients", "put", "AA")

    assert api.state.clients["AA"].quotas.runs is None


def test_clients_are_imported_as_what_the_file_is(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: Captured
) -> None:
    for name in ("new.csv", "new.jsonl"):
        (tmp_path / name).write_text("a\nb\n")
        assert mlmon("clients", "import", tmp_path / name, "--dry-run") == 0

    assert api.state.sent == ["text/csv", "application/x-ndjson"]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 clients would be created, 0 changed, 0 unchanged"


def test_client_is_paused_with_a_reason_and_resumed(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    mlmon("clients", "pause", "acme", "--reason", "unpaid")
    mlmon("clients", "resume", "acme")

    assert api.state.sent == [("acme", "unpaid"), "acme"]
    assert capsys.readouterr().out == "client acme is paused\nclient acme is not paused\n"


def test_answer_that_rests_on_a_copy_is_shown_with_a_warning(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    as_of = "2026-01-05T12:00:00+00:00"

    @api.middleware("http")
    async def age(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers["MLMon-As-Of"] = as_of
        return response

    assert mlmon("clients", "list") == 0

    told = capsys.readouterr()
    assert "CLIENT" in told.out
    assert told.err == f"mlmon: warning: the server's database is away; this was true at {as_of}\n"


def test_one_client_and_one_pool_are_shown(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    api.state.clients = {"acme": Client(name="acme", weight=2)}
    api.state.pools = {"cpu": Pool(name="cpu", resources=Resources(cpu=4))}

    assert mlmon("clients", "get", "acme") == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == ["acme", "2"]
    assert mlmon("pools", "get", "cpu", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["resources"]["cpu"] == 4
    assert mlmon("clients", "get", "nobody") == 1
