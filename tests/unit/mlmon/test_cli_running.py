import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI

from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.queues import GateDocument, QueueDocument, QueuesDocument
from mlmon_shared.wire.runs import RunDocument, RunPage
from mlmon_shared.wire.states import Lane
from mlmon_shared.yaml_documents import load_document

Mlmon = Callable[..., int]
MakeRun = Callable[..., RunDocument]
MakeBatch = Callable[..., BatchDocument]
Captured = pytest.CaptureFixture[str]


def test_submit_takes_times_with_an_offset(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    times = ("--not-before", "2027-01-01T02:00:00Z", "--deadline", "2027-01-01T08:00:00+02:00")
    assert mlmon("submit", "train", "--client", "AA", *times) == 0
    assert mlmon("submit", "train", "--client", "AA", "--start-by", "soon") == 2

    submission = api.state.sent[0][0]
    assert submission.not_before == datetime(2027, 1, 1, 2, tzinfo=UTC)
    assert submission.deadline == datetime(2027, 1, 1, 6, tzinfo=UTC)
    assert "/start_by" in capsys.readouterr().err


def test_submit_prints_the_id_alone(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    status = mlmon(
        "submit", "train", "--client", "AA", "-p", "month=11", "--label", "a=b", "--lane", "high"
    )

    assert (status, capsys.readouterr().out) == (0, "r1\n")
    assert api.state.sent[0][0].lane == "high"
    assert api.state.sent[0][0].params == {"month": 11}
    assert api.state.sent[0][0].labels == {"a": "b"}


@pytest.mark.parametrize(("written", "sent"), [("any", "any"), ("2", {"n_of": 2}), ("all", "all")])
def test_join_is_a_word_or_a_number(mlmon: Mlmon, api: FastAPI, written: str, sent: object) -> None:
    edges = ["--after", "r0", "--after", "r1", "--join", written]

    status = mlmon("submit", "train", "-c", "AA", *edges, "--on-upstream-failure", "hold")

    submission = api.state.sent[0][0].model_dump(mode="json")
    assert (status, submission["join"], submission["on_upstream_failure"]) == (0, sent, "hold")


@pytest.mark.parametrize(
    ("state", "status"),
    [("succeeded", 0), ("failed", 1), ("cancelled", 3), ("expired", 4), ("skipped", 4)],
)
def test_exit_status_of_waiting_tells_how_it_ended(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, state: str, status: int
) -> None:
    api.state.runs["r1"] = make_run(state=state)

    assert mlmon("submit", "train", "--client", "AA", "--wait") == status
    assert mlmon("runs", "wait", "r1") == status


def test_following_writes_only_the_log_to_stdout(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, capsys: Captured
) -> None:
    api.state.log = b"\x1b[32mgreen\x1b[0m\n"
    api.state.runs["r1"] = make_run(state="failed", reason="exit code 3", run_seconds=185)

    status = mlmon("submit", "train", "--client", "AA", "--follow")

    captured = capsys.readouterr()
    assert (status, captured.out) == (1, "\x1b[32mgreen\x1b[0m\n")
    assert captured.err == "r1\nfailed in 3 min 05 s: exit code 3\n"


def test_batch_is_submitted_from_a_file_and_watched(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, make_batch: MakeBatch, capsys: Captured
) -> None:
    (tmp_path / "batch.yaml").write_text("items: [{key: a, job: train, client: AA}]")
    api.state.batches = [make_batch(outcome="failed", counts={"failed": 1, "succeeded": 1})]

    status = mlmon("submit", "--batch", tmp_path / "batch.yaml", "--wait")

    assert status == 1
    captured = capsys.readouterr()
    assert captured.out == "b1\n"
    assert captured.err.splitlines()[0] == "b1: 1 succeeded, 1 failed of 2"


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"expired": 1}, 4),
        ({"succeeded": 1, "skipped": 2}, 4),
        ({"failed": 1, "skipped": 1}, 1),
        ({"failed": 1, "expired": 1}, 1),
    ],
)
def test_exit_status_of_a_batch_tells_failed_runs_from_those_that_never_ran(
    mlmon: Mlmon,
    api: FastAPI,
    make_batch: MakeBatch,
    counts: dict[str, int],
    status: int,
) -> None:
    api.state.batches = [make_batch(outcome="failed", counts=counts)]

    assert mlmon("batches", "wait", "b1") == status


def test_every_fault_of_a_batch_gets_a_line(mlmon: Mlmon, tmp_path: Path, capsys: Captured) -> None:
    items = [{"key": str(n), "job": "nothing", "client": "AA"} for n in range(2)]
    (tmp_path / "batch.json").write_text(json.dumps({"items": items}))

    status = mlmon("submit", "--batch", tmp_path / "batch.json")

    assert status == 2
    assert capsys.readouterr().err.splitlines() == [
        "mlmon: some items name no job",
        '  /items/0/job: no job is named "nothing"',
        '  /items/1/job: no job is named "nothing"',
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "get", "r1"],
        ["runs", "list"],
        ["runs", "wait", "r1"],
        ["batches", "get", "b1"],
        ["batches", "wait", "b1"],
        ["artifacts", "list", "r1"],
        ["clients", "list"],
        ["pools", "list"],
        ["resources", "list"],
        ["submit", "train", "--client", "AA"],
    ],
)
def test_json_is_one_document_and_nothing_else(
    mlmon: Mlmon, arguments: list[str], capsys: Captured
) -> None:
    status = mlmon(*arguments, "-o", "json")

    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    assert isinstance(json.loads(captured.out), dict)


def test_json_of_a_run_is_the_document(mlmon: Mlmon, make_run: MakeRun, capsys: Captured) -> None:
    mlmon("runs", "get", "r1", "-o", "json")

    assert RunDocument.model_validate_json(capsys.readouterr().out) == make_run()

    mlmon("runs", "get", "r1", "-o", "yaml")

    assert RunDocument.model_validate(load_document(capsys.readouterr().out)) == make_run()


def test_text_of_others_cannot_steer_the_terminal(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, capsys: Captured
) -> None:
    evil = "\x1b]0;owned\x07\x9b31m [red]\u202e\nnext"
    api.state.runs["r1"] = make_run(state="failed", reason=evil, labels={"a": evil})

    documents = (["get", "r1", "-o", kind] for kind in ("json", "yaml"))
    for arguments in (["get", "r1"], ["list", "-o", "wide"], ["wait", "r1"], *documents):
        mlmon("runs", *arguments)
        captured = capsys.readouterr()
        shown = captured.out + captured.err

        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)
        assert "[red]" in shown


def test_next_page_is_offered_beside_the_table(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, capsys: Captured
) -> None:
    api.state.pages = {"": RunPage(items=[make_run()], next_cursor="c1")}

    mlmon("runs", "list")

    captured = capsys.readouterr()
    assert "r1" in captured.out
    assert captured.err == "mlmon: there are more: --cursor c1\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hold", "r1"], "run r1 is held, priority 50\n"),
        (["release", "r1"], "run r1 is queued, priority 50\n"),
        (["priority", "7", "r1"], "run r1 is succeeded, priority 7\n"),
        (["breakers", "close", "train", "3"], "breaker of version 3 of train is closed\n"),
        (["agents", "release", "a1"], "agent a1 on box is alive\n"),
        (["agents", "drain", "a1"], "agent a1 on box is draining\n"),
        (["agents", "undrain", "a1"], "agent a1 on box is quarantined\n"),
    ],
)
def test_change_says_what_the_thing_is_now(
    mlmon: Mlmon, arguments: list[str], said: str, capsys: Captured
) -> None:
    assert mlmon(*arguments) == 0

    assert capsys.readouterr().out == said


def test_explain_says_what_holds_a_run_and_when_it_starts(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("explain", "r1") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "Queued: 2. in turn in lane normal.",
        "- 1 runs go before it in lane normal.",
    ]
    assert "in 1 min 30 s" in lines[4]
    assert "in 2 h 00 min" in lines[4]
    assert lines[-1] == "From 7 successful runs of this job."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["r1"], "run r1\n"),
        (["r1", "--downstream"], "batch b1\n"),
        (["--batch", "b7", "--failed"], "batch b7\n"),
    ],
)
def test_rerun_prints_what_it_made(
    mlmon: Mlmon, arguments: list[str], said: str, capsys: Captured
) -> None:
    assert mlmon("rerun", *arguments) == 0

    assert capsys.readouterr().out == said


@pytest.mark.parametrize("arguments", [["list"], ["get", "a1"]])
def test_shown_agents_say_why_they_or_their_gpus_are_quarantined(
    mlmon: Mlmon, arguments: list[str], capsys: Captured
) -> None:
    assert mlmon("agents", *arguments) == 0

    captured = capsys.readouterr()
    assert "quarantined" in captured.out
    assert captured.err == (
        "mlmon: a1 is quarantined: 3 different jobs failed here.\n"
        "mlmon: a1 gives GPU-1 to no attempt: it is lost\n"
    )


def test_queues_are_shown_with_gates(mlmon: Mlmon, api: FastAPI, capsys: Captured) -> None:
    @api.get("/v1/queues")
    async def overview_queues() -> QueuesDocument:
        return QueuesDocument(
            queues=[QueueDocument(pools=["gpu", "cpu"], lane=Lane.HIGH, queued=12, clients=3)],
            gates=[GateDocument(gate="resource:warehouse", parked=4)],
            delayed=2,
            live=20,
            memory_share=0.25,
            as_of=datetime(2026, 1, 5, tzinfo=UTC),
        )

    assert mlmon("queues") == 0
    words = [line.split() for line in capsys.readouterr().out.splitlines() if line]

    assert words == [
        ["LANE", "POOLS", "QUEUED", "CLIENTS"],
        ["high", "gpu,", "cpu", "12", "3"],
        ["GATE", "PARKED"],
        ["resource:warehouse", "4"],
        ["20", "live", "runs,", "2", "of", "them", "delayed,", "memory", "25", "%", "full"],
    ]


def test_breakers_are_listed_with_the_reason(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("breakers", "list") == 0

    assert "Full." in capsys.readouterr().out


def test_changes_are_listed_with_who_made_them(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("audit", "list", "--since", "2026-01-05") == 0

    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["7", "2026-01-05", "00:00:00Z", "ci", "created", "client", "acme"]


def test_what_people_did_is_listed_with_before_and_after(mlmon: Mlmon, capsys: Captured) -> None:
    asked = ("audit", "actions", "--kind", "agent", "--since", "2026-01-05")
    assert mlmon(*asked) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["2026-01-05", "00:00:00Z", "ann", "drained", "agent", "a1"]

    assert mlmon(*asked, "-o", "json") == 0
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["before"], item["after"]) == ({"drained_by": None}, {"drained_by": "ann"})


def test_a_breaker_is_shown_with_the_reason(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("breakers", "get", "train", "3") == 0

    assert "Full." in capsys.readouterr().out


def test_a_change_is_shown_with_what_it_changed(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("audit", "get", "7") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["7", "2026-01-05", "00:00:00Z", "ci", "changed", "client", "acme"]
    assert lines[2:4] == ["--- before", "+++ after"]
    assert lines[-2:] == ["-weight: 1", "+weight: 2"]


def test_cancel_says_what_the_run_is_now(mlmon: Mlmon, capsys: Captured) -> None:
    mlmon("cancel", "r1")

    assert capsys.readouterr().out == "run r1 is cancelling\n"


def test_artifact_goes_to_stdout_only_when_it_is_right(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    api.state.files = {"right": (b"content", b"content"), "wrong": (b"content", b"contents")}

    assert mlmon("artifacts", "get", "r1", "right", "-o", "-") == 0
    assert capsys.readouterr().out == "content"
    assert mlmon("artifacts", "get", "r1", "wrong", "-o", "-") == 1
    assert capsys.readouterr().out == ""
