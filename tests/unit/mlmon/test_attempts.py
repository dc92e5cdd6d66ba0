import json
from pathlib import Path

import pytest

import mlmon
from mlmon.errors import ConfigurationError, InvalidRequestError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of an attempt without a token."""
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"month": 3}))
    return {
        "MLMON_RUN_ID": "run-1",
        "MLMON_ATTEMPT": "2",
        "MLMON_FENCE": "1.7",
        "MLMON_JOB": "train",
        "MLMON_CLIENT": "acme",
        "MLMON_PARAMS": str(params),
        "MLMON_IN": "/mlmon/in",
        "MLMON_OUT": "/mlmon/out",
        "MLMON_API_URL": "http://scheduler",
    }


def test_attempt_is_known_by_its_environment(environment):
    attempt = mlmon.current_attempt(environment)

    assert (attempt.run_id, attempt.number, attempt.fence) == ("run-1", 2, "1.7")
    assert (attempt.job, attempt.client, attempt.params) == ("train", "acme", {"month": 3})
    assert (attempt.inputs, attempt.outputs) == (Path("/mlmon/in"), Path("/mlmon/out"))


def test_checkpoint_of_an_earlier_attempt_is_found(environment, tmp_path: Path):
    attempt = mlmon.current_attempt({**environment, "MLMON_IN": str(tmp_path)})
    assert attempt.checkpoint("state.pt") is None

    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint/state.pt").touch()
    assert attempt.checkpoint("state.pt") == tmp_path / "checkpoint/state.pt"


def test_token_of_an_attempt_is_not_shown(environment):
    attempt = mlmon.current_attempt({**environment, "MLMON_TOKEN": "hunter2"})

    assert attempt.token == "hunter2"
    assert "hunter2" not in repr(attempt)


def test_program_that_runs_in_no_attempt_is_told_so():
    with pytest.raises(ConfigurationError, match="MLMON_RUN_ID is not set; submit it as a job"):
        mlmon.current_attempt({})


def test_run_of_an_attempt_without_a_token_is_refused(environment):
    with pytest.raises(ConfigurationError, match="this attempt has no token"):
        mlmon.current_attempt(environment).run()


@pytest.mark.parametrize("is_attempt", [True, False])
def test_report_without_a_token_is_printed(environment, capsys, is_attempt):
    given = environment if is_attempt else {}
    mlmon.report(progress=1 / 3, metrics={"auc": 0.91, "rows": 3}, environment=given)

    assert capsys.readouterr().out == (
        "::mlmon progress=0.3333333333333333\n"
        "::mlmon metric name=auc value=0.91\n"
        "::mlmon metric name=rows value=3.0\n"
    )


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({}, "say progress, metrics or both"),
        ({"progress": 1.01}, "/progress"),
        ({"metrics": {"auc": float("nan")}}, "/metrics/auc"),
        ({"metrics": {"a b": 1.0}}, "/metrics/a b"),
    ],
)
def test_report_that_cannot_be_is_refused_by_the_name_of_its_field(report, told, capsys):
    with pytest.raises(InvalidRequestError, match=told):
        mlmon.report(**report, environment={})

    assert capsys.readouterr().out == ""
