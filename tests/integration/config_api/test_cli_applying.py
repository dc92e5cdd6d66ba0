"""`mlmon apply` against config-api itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from mlmon.cli.main import main
from mlmon_config_api.app import create_app
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.live_servers import live_server

from .conftest import ADMIN, QUICK_HASHER, a_definition, a_pool, make_settings

Mlmon = Callable[..., Awaitable[int]]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
async def url(database_url: str, clock: FakeClock, ids: SequentialIds) -> AsyncIterator[str]:
    app = create_app(make_settings(database_url), clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with live_server(app) as url:
        yield url


@pytest.fixture
async def server(url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client


@pytest.fixture
def mlmon(url: str, monkeypatch: pytest.MonkeyPatch) -> Mlmon:
    monkeypatch.setenv("MLMON_TOKEN", ADMIN)

    async def run(*arguments: object) -> int:
        words = [str(argument) for argument in arguments]
        return await asyncio.to_thread(main, ["--server", url, *words])

    return run


def printed(capsys: Captured) -> list[str]:
    """What the command printed, without what the server in this process logs."""
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if not line.startswith("\x1b[2m")]


def write(folder: Path, **documents: object) -> None:
    for name, document in documents.items():
        (folder / f"{name}.yaml").write_text(json.dumps(document))


async def count(server: httpx.AsyncClient) -> int:
    nouns = ("pools", "clients", "resources", "job-definitions")
    return sum([len((await server.get(f"/v1/{noun}")).json()["items"]) for noun in nouns])


async def test_folder_is_saved_in_the_order_of_dependencies(
    mlmon: Mlmon, tmp_path: Path, capsys: Captured
) -> None:
    write(
        tmp_path,
        a=a_definition("a-summary", depends_on=[{"job": "b-score", "scope": "batch"}]),
        b=a_definition("b-score", inputs=[{"from": "artifact:c-train/m", "to": "m"}]),
        c=a_definition("c-train", outputs=[{"path": "m"}]),
        clients=[{"name": "AA"}],
        rest={"pools": [a_pool()], "resources": [{"name": "api", "capacity": 3}]},
    )

    first = await mlmon("apply", "-f", tmp_path)
    told = printed(capsys)
    again = await mlmon("apply", "-f", tmp_path)

    assert (first, again) == (0, 0)
    assert told == [
        "created pool cpu",
        "created resource api",
        "created client AA",
        "created job-definition c-train (version 1)",
        "created job-definition b-score (version 1)",
        "created job-definition a-summary (version 1)",
    ]
    assert {line.split()[0] for line in printed(capsys)} == {"unchanged"}


async def test_one_bad_file_keeps_all_from_being_saved_and_every_fault_is_told(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    write(
        tmp_path,
        a=a_definition("a"),
        b=a_definition("b", depends_on=[{"job": "nothing"}]),
        c=a_definition("c", outputz=[], pools=["gpu"]),
        d={"name": "d", "imgae": "image:1", "command": ["x"]},
        pools=[a_pool(), {"name": "big", "resources": {"memory": "8Gb"}}],
        clients={"clients": 3},
    )

    status = await mlmon("apply", "-f", tmp_path)

    complaint = capsys.readouterr().err
    lines = complaint.splitlines()
    assert status == 2
    assert await count(server) == 0
    assert lines[0].startswith("mlmon: ")
    for fault in (
        "clients.yaml#/clients: this must be a list",
        'pools.yaml#/pools/1/resources/memory: "8Gb" is not a size; did you mean "8G" or "8Gi"?',
        'b.yaml#/depends_on/0/job: no job is named "nothing"',
        'c.yaml#/outputz: unknown field; did you mean "outputs"?',
        'c.yaml#/pools/0: no pool is named "gpu"',
        'd.yaml#/imgae: unknown field; did you mean "image"?',
    ):
        assert f"  {tmp_path}/{fault}" in complaint


async def test_what_may_stand_in_an_unreadable_file_is_not_said_to_be_missing(
    mlmon: Mlmon, tmp_path: Path, capsys: Captured
) -> None:
    write(
        tmp_path,
        b=a_definition("b", depends_on=[{"job": "a"}], pools=["gpu"], timeout="long"),
        pools=[a_pool()],
    )
    (tmp_path / "a.yaml").write_text("name: [a\n")

    assert await mlmon("apply", "-f", tmp_path) == 2

    faults = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  ")]
    assert len(faults) == 2
    assert f"{tmp_path}/a.yaml: not YAML" in faults[0]
    assert f'{tmp_path}/b.yaml#/timeout: unknown field; did you mean "timeouts"?' in faults[1]


async def test_dry_run_refuses_a_job_that_no_pool_of_the_same_folder_fits(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    write(tmp_path, pools=[a_pool("cpu")], job=a_definition("large", resources={"cpu": 64}))

    status = await mlmon("apply", "--dry-run", "-f", tmp_path)

    expected = "job.yaml#/resources: needs 64 cores; the largest host of pool cpu has 2"
    assert (status, expected in capsys.readouterr().err) == (2, True)
    assert await count(server) == 0


async def test_dry_run_says_everything_of_a_job_whose_surroundings_are_new(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    takes = {"clients": {"names": ["zz"]}}
    clients = [{"name": f"c{number:02}"} for number in range(12)]
    schedule = {"cron": "0 2 * * *", "timezone": "Europe/Berlin"}
    write(
        tmp_path,
        pools=[a_pool("cpu"), {**a_pool("few"), "takes": takes}],
        clients=clients,
        train=a_definition("train", schedule=schedule, image="flights"),
        score=a_definition("score", depends_on=[{"job": "train"}], schedule=schedule),
    )

    status = await mlmon("apply", "--dry-run", "-f", tmp_path)

    captured = capsys.readouterr()
    start = captured.out.index("+ job-definition train")
    facts = captured.out[start : captured.out.index("+ job-definition score")]
    assert status == 0
    assert "  pool cpu: fits\n" in facts
    assert (
        "  pool few: pool few takes none of the clients that the schedule selects; "
        "see its takes.clients\n" in facts
    )
    assert "  dependants: score\n" in facts
    assert "  schedule of dependant score: 0 2 * * * in Europe/Berlin\n" in facts
    names = ", ".join(each["name"] for each in clients[:10])
    assert f"  schedule: clients 12 ({names} and 2 more); next in UTC" in facts
    assert facts.count(" (02:00 +0") == 20
    assert "cost unknown: config-api has no MLMON_CONFIG_API_REPORT_WRITER_URL" in facts
    assert 'few#/takes/clients/names/0: no client is named "zz"' in captured.err
    assert "train#/image" in captured.err
    assert "plan: 16 to create, 0 to change, 0 to archive, 0 unchanged\n" in captured.out
    assert await count(server) == 0


async def test_dry_run_shows_what_changes_and_writes_nothing(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    await server.put("/v1/clients/AA", json={"name": "AA"})
    await server.put("/v1/clients/UA", json={"name": "UA"})
    await server.put("/v1/resources/api", json={"name": "api", "capacity": 3})
    write(
        tmp_path,
        clients=[{"name": "AA", "weight": 2}, {"name": "UA"}, {"name": "DL"}],
        resources=[{"name": "api", "capacity": 5}],
    )

    assert await mlmon("apply", "--dry-run", "-f", tmp_path) == 0

    lines = printed(capsys)
    assert [line for line in lines if line[0] in "+~=-"] == [
        "~ resource api",
        "~ client AA",
        "= client UA",
        "+ client DL",
    ]
    assert {"  -weight: 1", "  +weight: 2", "  -capacity: 3", "  +capacity: 5"} <= set(lines)
    assert lines[-2] == "plan: 1 to create, 2 to change, 0 to archive, 1 unchanged"
    assert (await server.get("/v1/clients/AA")).json()["weight"] == 1


async def test_prune_archives_in_the_same_transaction(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    labels = {"team": "risk"}
    schedule = {"cron": "0 2 * * *"}
    for job in (
        a_definition("old", labels=labels, schedule=schedule),
        a_definition("kept", depends_on=[{"job": "old"}]),
    ):
        assert (await server.post("/v1/job-definitions", json=job)).is_success
    write(tmp_path, new=a_definition("new", labels=labels))
    prune = ("--prune", "--selector", "team=risk", "--yes")

    refused = await mlmon("apply", "-f", tmp_path, *prune)
    complaint = capsys.readouterr().err
    saved = (await server.get("/v1/job-definitions/new")).status_code

    assert (refused, saved) == (1, 404)
    assert '"old" cannot be archived: kept depends on it' in complaint

    await server.post("/v1/job-definitions/kept/archive")
    await mlmon("apply", "-f", tmp_path, *prune, "--dry-run")
    planned = printed(capsys)
    await mlmon("apply", "-f", tmp_path, *prune)

    assert planned[-4:-1] == [
        "- job-definition old",
        "  schedule: removed; the job no longer runs by itself",
        "plan: 1 to create, 0 to change, 1 to archive, 0 unchanged",
    ]
    assert printed(capsys) == [
        "created job-definition new (version 1)",
        "archived job-definition old",
    ]


async def test_plan_is_applied_as_it_was_shown_or_not_at_all(
    mlmon: Mlmon, server: httpx.AsyncClient, tmp_path: Path, capsys: Captured
) -> None:
    write(
        tmp_path,
        pools={"pools": [a_pool("cpu")], "clients": [{"name": "AA"}]},
        train=a_definition("train"),
    )
    assert await mlmon("apply", "-f", tmp_path, "--dry-run") == 0
    plan, last = printed(capsys)[-2:]
    assert plan == "plan: 3 to create, 0 to change, 0 to archive, 0 unchanged"
    etag = last.removeprefix("etag: ")

    (await server.put("/v1/clients/AA", json={"name": "AA", "weight": 2})).raise_for_status()
    assert await mlmon("apply", "-f", tmp_path, "--if-match", etag) == 1
    said = capsys.readouterr().err
    assert 'admin has changed the client "AA"' in said
    assert "created client AA" in said
    assert "plan it again" in said
    assert await count(server) == 1

    assert await mlmon("apply", "-f", tmp_path, "--dry-run") == 0
    etag = printed(capsys)[-1].removeprefix("etag: ")
    assert await mlmon("apply", "-f", tmp_path, "--if-match", etag) == 0
    assert "changed client AA" in printed(capsys)
