import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from mlmon.cli.catalog_plans import dependency_order
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.catalog import ApplyResult, Client, JobDefinitionPage, NamedResource
from mlmon_shared.wire.plans import DefinitionPlan, DefinitionWarning, PoolFit

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


def test_folder_is_applied_in_the_order_of_dependencies(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = mlmon("apply", "-f", folder)

    assert status == 0
    assert api.state.sent == ["cpu", "AA", "c-train", "b-score", "a-summary"]
    assert capsys.readouterr().out.splitlines() == [
        "changed pool cpu",
        "created client AA",
        "created job-definition c-train (version 1)",
        "created job-definition b-score (version 1)",
        "created job-definition a-summary (version 1)",
    ]


def test_what_is_left_out_of_a_folder_is_said(
    mlmon: Mlmon, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("apply", "-f", folder) == 0

    assert capsys.readouterr().err == (
        f"{folder}/compose.yaml: left out what is no job definition and no list of things to save\n"
    )


def test_a_definition_in_a_folder_that_lacks_something_is_a_fault(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "d.yaml").write_text("name: d\nimgae: image:1\ncommand: [x]\n")

    assert mlmon("apply", "-f", folder) == 2

    assert 'd.yaml#/imgae: unknown field; did you mean "image"?' in capsys.readouterr().err
    assert api.state.sent == []


def test_dry_run_of_clients_writes_nothing_and_shows_the_difference(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.clients = {"AA": Client(name="AA"), "UA": Client(name="UA")}
    file = tmp_path / "setting.yaml"
    file.write_text("clients: [{name: AA, weight: 2}, {name: UA}, {name: DL}]")

    mlmon("apply", "--dry-run", "-f", file)

    lines = capsys.readouterr().out.splitlines()
    assert api.state.sent == []
    assert [line for line in lines if line[0] in "+~=-"] == [
        "~ client AA",
        "= client UA",
        "+ client DL",
    ]
    assert lines[-1] == "plan: 1 to create, 1 to change, 0 to archive, 1 unchanged"
    assert "  -weight: 1.0" in lines
    assert "  +weight: 2.0" in lines


def test_dry_run_counts_on_what_stands_in_the_same_files(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unsaved = {"pointer": "/depends_on/0/job", "detail": 'no job is named "b-score"; did you mean'}
    api.state.faults = {"a-summary": [unsaved]}

    status = mlmon("apply", "--dry-run", "-f", folder)

    assert status == 0
    assert "+ job-definition a-summary" in capsys.readouterr().out


def test_dry_run_still_tells_what_is_wrong(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = [
        {"pointer": "/inputs/0/from", "detail": 'the job "c-train" has no output "m"'},
        {"pointer": "/pools/0", "detail": 'no pool is named "gpu"'},
    ]
    api.state.faults = {"b-score": faults}

    status = mlmon("apply", "--dry-run", "-f", folder)

    errors = capsys.readouterr().err
    assert status == 2
    assert 'b.yaml#/inputs/0/from: the job "c-train" has no output' in errors
    assert 'b.yaml#/pools/0: no pool is named "gpu"' in errors


def test_one_fault_anywhere_keeps_everything_from_being_sent(
    mlmon: Mlmon, api: FastAPI, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "d.yaml").write_text(json.dumps(definition("d", outputz=1, lane="fast")))

    status = mlmon("apply", "-f", folder)

    lines = capsys.readouterr().err.splitlines()
    assert (status, api.state.sent) == (2, [])
    assert lines[0].startswith("mlmon: ")
    assert any('d.yaml#/outputz: unknown field; did you mean "outputs"?' in line for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2", "not YAML"),
        ("services: {}", "/services: unknown field"),
        ("clients: 3", "must be a list"),
        ("- 1", "no job definition"),
    ],
)
def test_named_file_that_is_no_definition_is_an_invalid_request(
    mlmon: Mlmon, tmp_path: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").write_text(content)

    assert mlmon("apply", "-f", tmp_path / "x.yaml") == 2
    assert said in capsys.readouterr().err


def test_resources_are_applied_before_the_jobs_that_take_of_them(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = definition("a", concurrency={"resources": {"warehouse": 2}})
    (tmp_path / "a.yaml").write_text(json.dumps(job))
    (tmp_path / "resources.yaml").write_text("- {name: warehouse, capacity: 8}")

    status = mlmon("apply", "-f", tmp_path)

    assert status == 0
    assert api.state.sent == ["warehouse", "a"]
    assert capsys.readouterr().out.splitlines()[0] == "created resource warehouse"


def test_dry_run_of_resources_writes_nothing_and_shows_the_difference(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.resources = {"api": NamedResource(name="api", capacity=3)}
    file = tmp_path / "setting.yaml"
    file.write_text("resources: [{name: api, capacity: 5}, {name: warehouse, capacity: 8}]")

    mlmon("apply", "--dry-run", "-f", file)

    lines = capsys.readouterr().out.splitlines()
    assert api.state.sent == []
    assert "~ resource api" in lines
    assert "+ resource warehouse" in lines
    assert "  -capacity: 3" in lines
    assert "  +capacity: 5" in lines


@pytest.mark.parametrize(("capacity", "status"), [(1, 2), (2, 0)])
def test_dry_run_counts_on_capacities_of_the_same_files(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capacity: int, status: int
) -> None:
    pointer = "/concurrency/resources/warehouse"
    detail = "takes 2; the capacity of warehouse is 1"
    api.state.faults = {"a": [{"pointer": pointer, "detail": detail}]}
    job = definition("a", concurrency={"resources": {"warehouse": 2}})
    (tmp_path / "a.yaml").write_text(json.dumps(job))
    (tmp_path / "resources.yaml").write_text(f"- {{name: warehouse, capacity: {capacity}}}")

    assert mlmon("apply", "--dry-run", "-f", tmp_path) == status


def test_missing_file_is_one_line(mlmon: Mlmon, capsys: pytest.CaptureFixture[str]) -> None:
    status = mlmon("apply", "-f", "nowhere.yaml")

    assert status == 2
    assert capsys.readouterr().err == (
        "mlmon: cannot read nowhere.yaml: No such file or directory\n"
    )


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


def test_circle_is_named() -> None:
    with pytest.raises(InvalidRequestError, match="→"):
        dependency_order({"a": ["b"], "b": ["a"]})


def test_independent_jobs_keep_their_order() -> None:
    assert dependency_order({"b": [], "a": [], "c": ["a"]}) == ["b", "a", "c"]


def test_plan_and_warnings_of_a_job_are_told(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.state.warnings = [DefinitionWarning(pointer="/image", detail="has the tag latest")]
    api.state.plan = DefinitionPlan(
        pools=[
            PoolFit(pool="big", fits=True),
            PoolFit(pool="small", fits=False, detail="needs 4 cores"),
        ],
        dependants=["check", "score"],
        pinned_clients=2,
        canary_clients=300,
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
        "  pool small: needs 4 cores",
        "  dependants: check, score",
        "  pinned clients, which keep their version: 2",
        "  a run takes 12 min 00 s, as 37 runs took",
        "  a run costs 0.42, a slot 16.8",
        "  clients in the canary: 300",
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
    api.state.archived = []

    @api.get("/v1/job-definitions")
    async def list_definitions() -> JobDefinitionPage:
        known = {"version": 1, "created_at": "2026-01-01T00:00:00Z", "created_by": "ci"}
        return JobDefinitionPage.model_validate(
            {"items": [known | {"name": each["name"], "definition": each} for each in saved]}
        )

    @api.post("/v1/job-definitions/{name}/archive")
    async def archive(name: str) -> ApplyResult:
        api.state.archived.append(name)
        return ApplyResult(kind="job-definition", name=name, change="changed", config_revision=8)

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
