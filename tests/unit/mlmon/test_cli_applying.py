import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI

from mlmon_shared.slots import preview_slots
from mlmon_shared.wire.catalog import JobDefinitionPage
from mlmon_shared.wire.plans import DefinitionPlan, DefinitionWarning, DependantSchedule, PoolFit

Mlmon = Callable[..., int]


def definition(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "image": "image:1", "command": ["true"], **fields}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Definitions whose names sort against their dependencies, and what they need."""
    made = tmp_path / "jobs"
    made.mkdir()
    files: dict[str, object] = {
        "a.json": definition("a-summary", depends_on=[{"job": "b-score", "scope": "batch"}]),
        "b.yaml": definition("b-score", inputs=[{"from": "artifact:c-train/m", "to": "m"}]),
        "c.yml": definition("c-train"),
        "setting.yaml": {"clients": [{"name": "AA"}], "pools": [{"name": "cpu", "resources": {}}]},
        "compose.yaml": {"services": {}},
    }
    for name, content in files.items():
        (made / name).write_text(json.dumps(content))
    (made / "notes.txt").write_text("{")
    return made


def test_what_is_left_out_of_a_folder_is_said(
    mlmon: Mlmon, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("apply", "-f", folder) == 0

    assert capsys.readouterr().err == (
        f"{folder}/compose.yaml: left out what is no job definition and no list of things to save\n"
    )


def test_missing_file_is_one_line(mlmon: Mlmon, capsys: pytest.CaptureFixture[str]) -> None:
    status = mlmon("apply", "-f", "nowhere.yaml")

    assert status == 2
    assert capsys.readouterr().err == (
        "mlmon: cannot read nowhere.yaml: No such file or directory\n"
    )


def test_json_that_is_nested_too_deeply_is_one_line(
    mlmon: Mlmon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.json"
    file.write_text("[" * 50_000)

    assert mlmon("apply", "-f", str(file)) == 2
    assert capsys.readouterr().err == f"mlmon: {file}: nested too deeply\n"

    assert mlmon("submit", "train", "-c", "AA", "-p", f"month={'[' * 50_000}") == 2
    assert "month is nested too deeply" in capsys.readouterr().err


def test_same_job_in_two_files_is_refused(
    mlmon: Mlmon, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "z.yaml").write_text(json.dumps(definition("c-train")))

    assert mlmon("apply", "-f", folder) == 2
    assert "c-train stands in" in capsys.readouterr().err


def test_bare_list_counts_as_what_the_file_is_called(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path
) -> None:
    (tmp_path / "clients.yaml").write_text("- {name: AA}")

    mlmon("apply", tmp_path / "clients.yaml")

    assert api.state.sent == ["AA"]


def test_plan_and_warnings_of_a_job_are_told(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.warnings = [DefinitionWarning(pointer="/image", detail="has the tag latest")]
    api.state.plan = DefinitionPlan(
        pools=[
            PoolFit(pool="big", fits=True),
            PoolFit(pool="gold", fits=True, detail="takes 1 of the 2 clients that there are"),
            PoolFit(pool="small", fits=False, detail="needs 4 cores"),
        ],
        dependants=["check", "score"],
        dependant_schedules=[
            DependantSchedule(job="score", cron="0 4 * * *", timezone="UTC", is_paused=True)
        ],
        pinned_clients=2,
        pinned_names=["AA", "B6"],
        canary_clients=300,
        canary_names=["AA", "DL"],
        scheduled_clients=40,
        run_seconds=720.0,
        measured_runs=37,
        cost_per_run=0.42,
    )
    file = tmp_path / "train.json"
    file.write_text(json.dumps(definition("train")))

    assert mlmon("apply", "--dry-run", file) == 0

    told = capsys.readouterr()
    assert told.out.splitlines()[2:-1] == [
        "  pool big: fits",
        "  pool gold: fits, takes 1 of the 2 clients that there are",
        "  pool small: needs 4 cores",
        "  dependants: check, score",
        "  schedule of dependant score: 0 4 * * * in UTC, paused",
        "  pinned clients, which keep their version: 2 (AA, B6)",
        "  a run takes 12 min 00 s, as 37 runs took",
        "  a run costs 0.42, a slot 16.8",
        "  clients in the canary: 300 (AA, DL and 298 more)",
    ]
    assert told.err == "mlmon: warning: train#/image: has the tag latest\n"


def test_plan_says_why_a_cost_is_unknown(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.plan = DefinitionPlan(pools=[], dependants=[], cost_unknown="no run has succeeded")
    file = tmp_path / "train.json"
    file.write_text(json.dumps(definition("train")))

    assert mlmon("apply", "--dry-run", file) == 0

    assert "  cost unknown: no run has succeeded\n" in capsys.readouterr().out


def test_every_slot_is_told_in_both_zones(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slots = preview_slots("30 0 * * *", "Europe/Berlin", datetime(2026, 3, 27, tzinfo=UTC), 4)
    api.state.plan = DefinitionPlan(
        pools=[],
        dependants=[],
        cost_unknown="no run",
        next_slots=slots,
        scheduled_clients=1,
        scheduled_names=["AA"],
    )
    (tmp_path / "train.json").write_text(json.dumps(definition("train")))

    assert mlmon("apply", "--dry-run", tmp_path / "train.json") == 0

    friday, saturday, sunday, monday = (
        "Fri 2026-03-27 23:30 (Sat 03-28 00:30 +0100)",
        "Sat 2026-03-28 23:30 (Sun 03-29 00:30 +0100)",
        "Sun 2026-03-29 22:30 (Mon 03-30 00:30 +0200)",
        "Mon 2026-03-30 22:30 (Tue 03-31 00:30 +0200)",
    )
    assert capsys.readouterr().out.splitlines()[2:5] == [
        "  schedule: clients 1 (AA); next in UTC (and in its zone):",
        f"    {friday}, {saturday}",
        f"    {sunday}, {monday}",
    ]


def test_removed_schedule_is_told(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.plan = DefinitionPlan(
        pools=[], dependants=[], cost_unknown="no run", removes_schedule=True
    )
    (tmp_path / "train.json").write_text(json.dumps(definition("train")))

    assert mlmon("apply", "--dry-run", tmp_path / "train.json") == 0

    assert "  schedule: removed; the job no longer runs by itself\n" in capsys.readouterr().out


def test_faults_of_the_server_and_of_the_files_are_told_at_once_and_where_they_stand(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.yaml").write_text("[1, 2")
    api.state.faults = [
        {"pointer": "/pools/0/resources", "detail": "too small"},
        {"pointer": "/job_definitions/1/inputs/0/from", "detail": "no output"},
        {"pointer": "/job_definitions/2", "detail": "a canary is in progress"},
    ]

    status = mlmon("apply", "-f", folder)

    lines = capsys.readouterr().err.splitlines()
    assert (status, api.state.sent) == (2, [])
    assert lines[-4].startswith(f"  {folder}/broken.yaml: not YAML")
    assert lines[-3:] == [
        f"  {folder}/setting.yaml#/pools/0/resources: too small",
        f"  {folder}/b.yaml#/inputs/0/from: no output",
        f"  {folder}/c.yml#: a canary is in progress",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2", "not YAML"),
        ("clients: 3", "must be a list"),
        ("- 1", "no job definition"),
    ],
)
def test_named_file_that_holds_nothing_to_save_is_an_invalid_request(
    mlmon: Mlmon, tmp_path: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").write_text(content)

    assert mlmon("apply", "-f", tmp_path / "x.yaml") == 2
    assert said in capsys.readouterr().err


@pytest.fixture
def owned(folder: Path, api: FastAPI) -> Path:
    """Definitions of one team's; the server has another job of it, one of others, one free."""
    for name in ("a.json", "b.yaml", "c.yml"):
        document = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(document | {"labels": {"team": "risk"}}))
    saved = [
        definition("c-train", labels={"team": "risk"}),
        definition("old", labels={"team": "risk"}),
        definition("others", labels={"team": "ads"}),
        definition("free"),
    ]

    @api.get("/v1/job-definitions")
    async def list_definitions() -> JobDefinitionPage:
        known = {"version": 1, "created_at": "2026-01-01T00:00:00Z", "created_by": "ci"}
        return JobDefinitionPage.model_validate(
            {"items": [known | {"name": each["name"], "definition": each} for each in saved]}
        )

    return folder


PRUNE = ("--prune", "--selector", "team=risk")


def test_prune_archives_only_jobs_of_the_label_that_no_file_has(
    mlmon: Mlmon, api: FastAPI, owned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("apply", "-f", owned, *PRUNE, "--yes") == 0

    assert api.state.archived == ["old"]
    assert capsys.readouterr().out.splitlines()[-1] == "archived job-definition old"


def test_prune_asks_first_and_a_dry_run_changes_nothing(
    mlmon: Mlmon, api: FastAPI, owned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("apply", "-f", owned, *PRUNE) == 2
    assert "would archive old; nobody can be asked, so add --yes" in capsys.readouterr().err
    assert api.state.sent == []

    assert mlmon("apply", "-f", owned, *PRUNE, "--dry-run") == 0

    assert "- job-definition old" in capsys.readouterr().out
    assert api.state.archived == []


def test_prune_wants_a_selector_and_its_label_on_every_definition(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("apply", "-f", folder, "--prune") == 2
    assert mlmon("apply", "-f", folder, *PRUNE, "--yes") == 2

    assert "b.yaml#/labels: --prune needs the label team=risk here" in capsys.readouterr().err
    assert api.state.sent == []
