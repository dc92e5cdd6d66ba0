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


def test_client_keeps_what_is_not_given(mlmon: Mlmon, api: FastAPI) -> None:
    api.state.clients["AA"] = Client(
        name="AA",
        description="An airline",
        labels={"tier": "gold", "a.b": "c"},
        weight=2,
        quotas=Quotas(runs=7, cpu=8),
        parameters={"seats": 180, "nested": {"x": 1, "y": 2}},
    )

    mlmon("clients", "put", "AA", "--weight", "5")

    assert api.state.clients["AA"] == Client(
        name="AA",
        description="An airline",
        labels={"tier": "gold", "a.b": "c"},
        weight=5,
        quotas=Quotas(runs=7, cpu=8),
        parameters={"seats": 180, "nested": {"x": 1, "y": 2}},
    )

    mlmon(
        *("clients", "put", "AA", "--label", "zone=eu", "--param", "codes=[1, 2]"),
        *("-p", 'nested={"z": 3}', "--max-runs", "9"),
        *("--unset", "labels.a.b", "--unset", "parameters.seats", "--unset", "quotas.cpu"),
        *("--unset", "description"),
    )

    assert api.state.clients["AA"] == Client(
        name="AA",
        labels={"tier": "gold", "zone": "eu"},
        weight=5,
        quotas=Quotas(runs=9),
        parameters={"codes": [1, 2], "nested": {"z": 3}},
    )


@pytest.mark.parametrize(
    ("field", "said"),
    [("name", "cannot be taken out"), ("wait", 'did you mean "weight"'), ("quotas.run", "runs")],
)
def test_field_that_there_is_not_is_not_taken_out(
    mlmon: Mlmon, api: FastAPI, field: str, said: str, capsys: Captured
) -> None:
    assert mlmon("clients", "put", "AA", "--unset", field) == 2

    assert said in capsys.readouterr().err
    assert api.state.sent == []


def test_pool_is_put_with_all_that_people_say_of_it(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    status = mlmon(
        *("pools", "put", "gpu", "--cpu", "32", "--memory", "256Gi", "--gpus", "4"),
        *("--disk", "1Ti", "--label", "gpu=a100", "--price-per-hour", "9.8"),
        *("--network", "bridge", "--stop-after", "5m", "--kill-grace", "20s"),
        *("--lane-share", "critical=0.5", "--min-hosts", "1", "--max-hosts", "40"),
        *("--at-least", "gpus=1", "--at-most", "memory=128Gi"),
        *("--shape", "cpu=8,memory=64Gi,gpus=1", "--shape", "gpus=4", "--job", "train"),
        *("--job-label", "team=growth", "--client-label", "tier=gold", "--description", "GPUs"),
        *("--account", "123456789012", "--region", "eu-west-2", "--image", "ami-0abcdef12"),
        *("--instance-type", "g5.xlarge"),
        *("--agent-version", "2", "--agent-url", "https://files.example.com/agent.pyz"),
        *("--agent-sha256", "ab" * 32),
    )

    assert (status, capsys.readouterr().out) == (0, "changed pool gpu\n")
    assert api.state.pools["gpu"] == Pool.model_validate(
        {
            "name": "gpu",
            "description": "GPUs",
            "resources": {"cpu": 32, "memory": "256Gi", "gpus": 4, "disk": "1Ti"},
            "labels": {"gpu": "a100"},
            "stop_after": 300,
            "kill_grace": 20,
            "lane_shares": {"critical": 0.5},
            "network": "bridge",
            "price_per_hour": 9.8,
            "scaling": {"min_hosts": 1, "max_hosts": 40},
            "takes": {
                "at_least": {"gpus": 1},
                "at_most": {"memory": "128Gi"},
                "shapes": [{"cpu": 8, "memory": "64Gi", "gpus": 1}, {"gpus": 4}],
                "jobs": ["train"],
                "job_labels": {"team": "growth"},
                "clients": {"labels": {"tier": "gold"}},
            },
            "instances": {
                "accounts": ["123456789012"],
                "regions": ["eu-west-2"],
                "images": ["ami-0abcdef12"],
                "types": ["g5.xlarge"],
            },
            "agent_release": {
                "version": "2",
                "url": "https://files.example.com/agent.pyz",
                "sha256": "ab" * 32,
            },
        }
    )
    unset = Pool.model_fields.keys() - api.state.pools["gpu"].model_fields_set
    assert unset == set(), "each field has an option"


def test_pool_keeps_what_is_not_given(mlmon: Mlmon, api: FastAPI) -> None:
    stored = Pool.model_validate(
        {
            "name": "gpu",
            "resources": {"cpu": 32, "gpus": 4},
            "takes": {"clients": {"labels": {"tier": "gold"}}, "shapes": [{"gpus": 1}]},
            "scaling": {"max_hosts": 3},
        }
    )
    api.state.pools["gpu"] = stored

    mlmon("pools", "put", "gpu", "--cpu", "64", "--client", "acme", "--unset", "takes.shapes")

    changed = api.state.pools["gpu"]
    assert (changed.resources.cpu, changed.resources.gpus) == (64, 4)
    assert (changed.takes.clients.names, changed.takes.clients.labels) == (["acme"], {})
    assert (changed.takes.shapes, changed.scaling) == ([], stored.scaling)


def test_new_pool_needs_the_size_of_its_hosts(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    assert mlmon("pools", "put", "gpu", "--max-hosts", "3") == 2

    assert "/resources: this field is required" in capsys.readouterr().err


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
