"""What runs leave behind, as tables and data frames."""

import sys
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from mlmon import AsyncClient, Client
from mlmon.async_artifacts import AsyncArtifact
from mlmon.comparisons import compare_runs
from mlmon.errors import (
    CorruptDownloadError,
    InvalidRequestError,
    MissingPackageError,
    NotFoundError,
)
from mlmon.records import Records
from mlmon.sync_artifacts import Artifact

CSV = b"client,score\nAA,0.5\nUA,0.25\n"
LINES = b'{"client":"AA","score":0.5}\n{"client":"UA","score":0.25}\n'


def open_client(api: FastAPI) -> Client:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=api))
    return Client("http://mlmon.test", http=http)


def test_runs_become_rows_with_their_params_and_metrics(api: FastAPI, make_run) -> None:
    api.state.runs = {
        "r1": make_run(params={"month": 9}, metrics={"auc": 0.5}, run_seconds=2.5),
        "r2": make_run("r2", client="UA", params={"state": "x"}, state="failed", cause="oom"),
    }
    with open_client(api) as client:
        records = client.get_batch("b1").metrics()

    assert records.columns[:4] == ["run", "key", "job", "version"]
    assert records.columns[-3:] == ["params.month", "params.state", "metrics.auc"]
    assert [row["metrics.auc"] for row in records] == records.column("metrics.auc") == [0.5, None]
    assert (records[1]["state"], records[1]["params.state"]) == ("failed", "x")


def test_records_become_data_frames() -> None:
    records = Records([{"a": 1, "b": 0.5}, {"a": 2, "c": "x"}], ["a", "d"])

    pandas, polars = records.to_pandas(), records.to_polars()

    assert list(pandas.columns) == polars.columns == ["a", "d", "b", "c"]
    assert list(pandas["a"]) == polars["a"].to_list() == [1, 2]
    assert polars["b"].to_list() == [0.5, None]
    assert pandas["b"].isna().tolist() == [False, True]


def test_records_are_shown_as_text_and_html() -> None:
    records = Records([{"name": "a\x1b", "value": 0.123456789}] * 51)

    assert str(records).splitlines()[:2] == ["name   value", "a\\x1b  0.123457"]
    assert str(records).splitlines()[-1] == "and 1 more rows"
    assert records._repr_html_().count("<tr>") == 51


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_named_with_its_extra(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What Python does where it is not installed.
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingPackageError, match=rf"pip install 'mlmon\[{package}\]'"):
        getattr(Records([]), f"to_{package}")()


async def test_a_file_is_read_as_bytes_text_and_frames(client: AsyncClient, api: FastAPI) -> None:
    api.state.files = {"scores.csv": (CSV, CSV), "scores.jsonl": (LINES, LINES)}
    run = await client.get_run("r1")

    for path in api.state.files:
        file = run.artifact(path)
        assert (await file.read_text()).encode() == await file.read_bytes()
        assert (await file.read_pandas())["score"].tolist() == [0.5, 0.25]
        assert (await file.read_polars())["client"].to_list() == ["AA", "UA"]


def test_a_file_is_read_without_an_event_loop(api: FastAPI) -> None:
    api.state.files = {"scores.csv": (CSV, CSV), "model.bin": (b"m", b"damaged")}
    with open_client(api) as client:
        run = client.get_run("r1")

        assert run.artifact("scores.csv").read_pandas(nrows=1)["client"].tolist() == ["AA"]
        assert client.artifact("r1", "scores.csv").read_polars()["score"].sum() == 0.75
        with pytest.raises(CorruptDownloadError):
            run.artifact("model.bin").read_bytes()
        with pytest.raises(NotFoundError, match=r"it published model\.bin, scores\.csv"):
            run.artifact("scores.parquet").read_pandas()
        with pytest.raises(InvalidRequestError, match="stay inside its folder"):
            run.artifact("../model.bin")


def test_lists_are_tables_in_a_notebook(api: FastAPI) -> None:
    api.state.files = {"<b>.csv": (b"m", b"m")}
    with open_client(api) as client:
        shown = client.artifacts("r1")._repr_html_()

        assert "&lt;b&gt;.csv" in shown
        assert "Full." in client.breakers()._repr_html_()
        assert client.agents()._repr_html_().count("<tr>") == 1 + len(client.agents())
        since = datetime(2026, 1, 5, tzinfo=UTC)
        (done,) = client.actions(kind="agent", action="drained", since=since)
        assert (done.by, done.name, done.at) == ("ann", "a1", since)
        with pytest.raises(InvalidRequestError, match=r'kind is run or batch .* not "moon"'):
            client.actions(kind="moon")


async def test_a_file_that_is_no_table_is_not_guessed_at(client: AsyncClient, api: FastAPI) -> None:
    api.state.files = {"model.bin": (b"m", b"m")}

    with pytest.raises(InvalidRequestError, match=r"read_bytes\(\) returns it as it is"):
        await client.artifact("r1", "model.bin").read_pandas()


def test_both_kinds_of_artifact_have_the_same_methods() -> None:
    assert dir(Artifact) == dir(AsyncArtifact)


def test_runs_are_compared_fact_by_fact(make_run) -> None:
    files = [{"path": "scores.csv", "size": 1, "sha256": "0" * 64}]
    compared = compare_runs(
        [
            make_run(version=1, params={"month": 9}, metrics={"auc": 0.5}, artifacts=files),
            make_run("r2", version=2, params={"month": 9}, metrics={"auc": 0.75}),
        ]
    )

    facts = {fact.name: (fact.values, fact.differs) for fact in compared.facts}
    assert facts["version"] == ([1, 2], True)
    assert facts["params.month"] == ([9, 9], False)
    assert facts["metrics.auc"] == ([0.5, 0.75], True)
    assert facts["artifacts.scores.csv"] == (["0" * 64, None], True)
    assert [fact.name for fact in compared.differences.facts] == [
        "version",
        "metrics.auc",
        "artifacts.scores.csv",
    ]
    assert compared.records().columns == ["fact", "r1", "r2", "differs"]
    assert "<td" in compared._repr_html_()


async def test_one_run_is_not_compared_with_itself(client: AsyncClient) -> None:
    for runs in (("r1",), ("r1", "r1")):
        with pytest.raises(InvalidRequestError, match="two or more different runs"):
            await client.compare(*runs)
