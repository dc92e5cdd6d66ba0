import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, Request

from mlmon_shared.errors import NotFoundError, StoreUnavailableError
from mlmon_shared.wire.catalog import ApplyResult, PoolDocument, PoolPage
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.rollouts import (
    Canary,
    CanaryDocument,
    CanaryRequest,
    PinDocument,
    PinPage,
    PinRequest,
)
from mlmon_shared.wire.runs import AttemptDocument, RunDocument

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
CHANGED_AT = datetime(2026, 1, 5, tzinfo=UTC)


def a_result(kind: str, version: int, change: str = "changed") -> ApplyResult:
    return ApplyResult.model_validate(
        {"kind": kind, "name": "train", "change": change, "version": version, "config_revision": 9}
    )


@pytest.fixture(autouse=True)
def _rollouts(api: FastAPI) -> None:
    """The job train with version 3 current and 4 to be tried; `api.state.pins` and `.canary`."""
    state = api.state
    state.pins, state.canary, state.history = {}, None, []
    kept = list(api.router.routes)
    api.router.routes.clear()
    _add_pins(api)
    _add_canary(api)
    _add_history(api)
    api.router.routes.extend(kept)


def _add_canary(api: FastAPI) -> None:
    state = api.state

    @api.post("/v1/job-definitions")
    async def apply(
        request: Request, canary_percent: float = 0, canary_clients: str = ""
    ) -> ApplyResult:
        if (await request.json())["image"] == "current:1":
            return a_result("job-definition", 3, "unchanged")
        state.canary = Canary(
            version=4, percent=canary_percent, clients=[n for n in canary_clients.split(",") if n]
        )
        return a_result("job-definition", 4).model_copy(update={"canary": state.canary})

    @api.get("/v1/job-definitions/train/canary")
    async def get_canary() -> CanaryDocument:
        if state.canary is None:
            raise NotFoundError('no canary of "train" is in progress')
        return CanaryDocument(
            **state.canary.model_dump(),
            name="train",
            changed_at=CHANGED_AT,
            changed_by="ann",
            current_version=3,
            client_count=17,
        )

    @api.put("/v1/job-definitions/train/canary")
    async def put_canary(canary: CanaryRequest) -> ApplyResult:
        state.canary = Canary(
            version=canary.version or 4, percent=canary.percent, clients=canary.clients
        )
        return a_result("canary", state.canary.version)

    @api.delete("/v1/job-definitions/train/canary")
    async def delete_canary() -> ApplyResult:
        state.canary = None
        return a_result("canary", 3)

    @api.post("/v1/job-definitions/train/canary/promote")
    async def promote() -> ApplyResult:
        return a_result("job-definition", 4)


def _add_history(api: FastAPI) -> None:
    state = api.state

    @api.get("/v1/history/runs")
    async def list_runs(job: str, version: int) -> HistoryPage:
        if state.history is None:
            raise StoreUnavailableError("PostgreSQL does not answer")
        found = [run for run in state.history if (run.job, run.version) == (job, version)]
        return HistoryPage(items=found, as_of="2026-01-05T00:00:00Z")

    @api.get("/v1/pools")
    async def list_pools() -> PoolPage:
        host = Resources(cpu=4, memory=8 * 2**30)
        return PoolPage(items=[PoolDocument(name="cpu", resources=host, price_per_hour=2.0)])


def _add_pins(api: FastAPI) -> None:
    state = api.state

    @api.get("/v1/job-definitions/train/pins")
    async def list_pins() -> PinPage:
        return PinPage(
            items=[
                PinDocument(
                    name="train",
                    client=client,
                    version=version,
                    changed_at=CHANGED_AT,
                    changed_by="ann",
                )
                for client, version in state.pins.items()
            ]
        )

    @api.put("/v1/job-definitions/train/pins/{client}")
    async def put_pin(client: str, pin: PinRequest) -> ApplyResult:
        state.pins[client] = pin.version
        return a_result("pin", pin.version)

    @api.delete("/v1/job-definitions/train/pins/{client}")
    async def delete_pin(client: str) -> ApplyResult:
        was_pinned = state.pins.pop(client, None) is not None
        return a_result("pin", 3, "changed" if was_pinned else "unchanged")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "train.json"
    made.write_text(json.dumps({"name": "train", "image": "new:1", "command": ["x"]}))
    return made


def test_clients_are_pinned_listed_and_unpinned(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    assert mlmon("jobs", "pin", "train", "AA", "2") == 0
    assert api.state.pins == {"AA": 2}

    assert mlmon("jobs", "pins", "train") == 0
    assert mlmon("jobs", "unpin", "train", "AA") == 0
    assert mlmon("jobs", "unpin", "train", "AA") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "new runs of train for AA use version 2"
    assert lines[2].split()[:2] == ["AA", "2"]
    assert lines[3:] == [
        "AA is no longer pinned to a version of train",
        "AA was not pinned to a version of train",
    ]


def test_canary_is_started_shown_and_changed(
    mlmon: Mlmon, api: FastAPI, file: Path, capsys: Captured
) -> None:
    assert mlmon("jobs", "canary", "start", file, "--percent", "0.5", "--client", "AA") == 0
    assert api.state.canary == Canary(version=4, percent=0.5, clients=["AA"])

    assert mlmon("jobs", "canary", "show", "train") == 0
    shown = capsys.readouterr().out
    assert "some clients try version 4 of train" in shown
    assert "17" in shown

    assert mlmon("jobs", "canary", "set", "train", "--percent", "50", "--version", "2") == 0
    assert api.state.canary == Canary(version=2, percent=50, clients=[])


def test_canary_is_promoted_and_rolled_back(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("jobs", "canary", "promote", "train") == 0
    assert mlmon("jobs", "canary", "rollback", "train") == 0

    assert capsys.readouterr().out.splitlines() == [
        "version 4 of train is the current one",
        "no version of train is tried; version 3 is the current one",
    ]


def test_current_content_is_not_tried(
    mlmon: Mlmon, api: FastAPI, file: Path, capsys: Captured
) -> None:
    file.write_text(json.dumps({"name": "train", "image": "current:1", "command": ["x"]}))

    assert mlmon("jobs", "canary", "start", file, "--percent", "5") == 0

    assert capsys.readouterr().out == "unchanged: version 3 of train is the current one\n"
    assert api.state.canary is None


@pytest.mark.parametrize("options", [[], ["--percent", "0"], ["--percent", "101"]])
def test_canary_of_nobody_is_not_sent(
    mlmon: Mlmon, api: FastAPI, file: Path, options: list[str]
) -> None:
    assert mlmon("jobs", "canary", "start", file, *options) == 2
    assert mlmon("jobs", "canary", "set", "train", *options) == 2

    assert api.state.canary is None


def test_job_without_a_canary_shows_none(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("jobs", "canary", "show", "train") == 1

    assert "no canary" in capsys.readouterr().err


def test_runs_of_both_versions_are_compared(
    mlmon: Mlmon, api: FastAPI, make_run: Callable[..., RunDocument], capsys: Captured
) -> None:
    api.state.canary = Canary(version=4, percent=10, clients=[])
    api.state.history = [
        *(make_run(f"o{n}", version=3, run_seconds=60.0 * n) for n in range(1, 11)),
        make_run("n1", version=4, run_seconds=30.0),
        *(make_run(f"n{n}", version=4, state="failed", run_seconds=9000.0) for n in (2, 3, 4)),
        make_run("n5", version=4, state="running", run_seconds=7.0),
    ]

    assert mlmon("jobs", "canary", "show", "train") == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[-2:] == [
        "3 10 10 (100 %) 0 (0 %) 5 min 00 s 9 min 00 s",
        "4 4 1 (25 %) 3 (75 %) 30 s 30 s",
    ]


def test_costs_of_both_versions_are_compared(
    mlmon: Mlmon, api: FastAPI, make_run: Callable[..., RunDocument], capsys: Captured
) -> None:
    def attempt_in(pool: str) -> AttemptDocument:
        return AttemptDocument(
            id="r.1", number=1, state="succeeded", agent="a", host="h", pool=pool, fence="1.1",
            granted_at=CHANGED_AT,
        )  # fmt: skip

    resources = Resources(cpu=1, memory=2**30)
    api.state.canary = Canary(version=4, percent=10, clients=[])
    api.state.history = [
        make_run(
            "o", version=3, run_seconds=3600.0, resources=resources, attempts=[attempt_in("cpu")]
        ),
        make_run(
            "n", version=4, run_seconds=7200.0, resources=resources, attempts=[attempt_in("cpu")]
        ),
        make_run("free", version=4, run_seconds=7200.0, attempts=[attempt_in("unpriced")]),
    ]

    assert mlmon("jobs", "canary", "show", "train") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[-2:]] == ["0.5", "1"]


def test_canary_is_shown_without_history(
    mlmon: Mlmon,
    api: FastAPI,
    capsys: Captured,
) -> None:
    api.state.canary, api.state.history = Canary(version=4, percent=10, clients=[]), None

    assert mlmon("jobs", "canary", "show", "train") == 0

    told = capsys.readouterr()
    assert "current version" in told.out
    assert "nothing is compared: PostgreSQL does not answer" in told.err
