import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query, Request, Response

from mlmon import AsyncClient
from mlmon.cli.main import main
from mlmon.cli.sessions import Session
from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.http.problems import install_problem_handlers
from mlmon_shared.wire.batches import BatchDocument, BatchSubmission
from mlmon_shared.wire.catalog import (
    ApplyResult,
    Client,
    ClientDocument,
    ClientPage,
    ImportResult,
    NamedResource,
    NamedResourceDocument,
    NamedResourcePage,
    PauseRequest,
    Pool,
    PoolDocument,
    PoolPage,
)
from mlmon_shared.wire.catalog_changes import CatalogChanges, CatalogResult
from mlmon_shared.wire.explanations import Explanation, Forecast, Hindrance, HindranceKind
from mlmon_shared.wire.reruns import RerunDocument, RerunOnly, RerunScope
from mlmon_shared.wire.runs import (
    ArtifactDocument,
    ArtifactPage,
    PriorityChange,
    RunDocument,
    RunPage,
    RunSubmission,
)
from mlmon_shared.wire.states import RunState
from tests.unit.mlmon.operator_routes import add_operator_routes

CREATED_AT = "2026-01-01T00:00:00Z"


def make_run(identifier: str = "r1", **fields: object) -> RunDocument:
    known = {
        "id": identifier,
        "job": "train",
        "version": 1,
        "client": "AA",
        "state": "succeeded",
        "priority": 50,
        "image": "image:1",
        "resources": {},
        "created_at": CREATED_AT,
        "rv": 1,
    }
    return RunDocument.model_validate(known | fields)


def make_batch(**fields: object) -> BatchDocument:
    known = {
        "id": "b1",
        "state": "finished",
        "outcome": "succeeded",
        "total": 2,
        "counts": {"succeeded": 2},
        "created_at": CREATED_AT,
    }
    return BatchDocument.model_validate(known | fields)


@pytest.fixture(name="make_run")
def make_run_fixture() -> Callable[..., RunDocument]:
    return make_run


@pytest.fixture(name="make_batch")
def make_batch_fixture() -> Callable[..., BatchDocument]:
    return make_batch


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MLMON_URL", "MLMON_TOKEN", "MLMON_TOKEN_FILE", "MLMON_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MLMON_URL", "http://mlmon.test")


@pytest.fixture
def api() -> FastAPI:
    """The other side of the API; `api.state` holds what it knows and what it was sent."""
    app = FastAPI()
    install_problem_handlers(app)
    app.state.runs = {"r1": make_run()}
    app.state.pages = {}
    app.state.batches = [make_batch()]
    app.state.clients, app.state.pools, app.state.resources = {}, {}, {}
    app.state.files = {}
    app.state.faults, app.state.archived = [], []
    app.state.warnings, app.state.plan = [], None
    app.state.sent = []
    app.state.log = b""
    _add_catalog(app)
    _add_runs(app)
    _add_changes(app)
    _add_batches(app)
    add_operator_routes(app)
    return app


def _add_catalog(app: FastAPI) -> None:
    state = app.state

    @app.post("/v1/catalog")
    async def apply_catalog(request: Request, dry_run: bool = False) -> CatalogResult:
        # As the server does: what is wrong is told, whatever else cannot be read.
        if state.faults:
            raise InvalidRequestError("there are faults", errors=state.faults)
        changes = CatalogChanges.model_validate(await request.json())
        results = [
            ApplyResult(
                kind=kind,
                name=each.name,
                change="created",
                version=1 if kind == "job-definition" else None,
                is_dry_run=dry_run,
                diff="+name: x\n" if dry_run else "",
                config_revision=7,
                warnings=state.warnings if kind == "job-definition" else [],
                plan=state.plan if dry_run and kind == "job-definition" else None,
            )
            for kind, items in (
                ("pool", changes.pools),
                ("resource", changes.resources),
                ("client", changes.clients),
                ("job-definition", changes.job_definitions),
            )
            for each in items
        ]
        if not dry_run:
            state.sent += [each.name for each in results]
        archived = [
            ApplyResult(kind="job-definition", name=name, change="changed", config_revision=7)
            for name in changes.archive
        ]
        state.archived += [] if dry_run else changes.archive
        return CatalogResult(
            results=results, archived=archived, is_dry_run=dry_run, config_revision=7
        )

    @app.post("/v1/job-definitions")
    async def apply(request: Request, dry_run: bool = False) -> ApplyResult:
        definition = await request.json()
        state.sent.append(definition["name"])
        return ApplyResult(
            kind="job-definition",
            name=definition["name"],
            change="created",
            version=1,
            is_dry_run=dry_run,
            diff="+name: x\n" if dry_run else "",
            config_revision=7,
            warnings=state.warnings,
            plan=state.plan if dry_run else None,
        )

    @app.get("/v1/job-definitions/{name}")
    async def get_definition(name: str) -> None:
        raise NotFoundError(f"no job is named {name}")

    @app.put("/v1/pools/{name}")
    async def put_pool(name: str, pool: Pool) -> ApplyResult:
        state.sent.append(name)
        state.pools[name] = pool
        return ApplyResult(kind="pool", name=name, change="changed", config_revision=2)

    @app.get("/v1/pools/{name}")
    async def get_pool(name: str, response: Response) -> Pool:
        response.headers["ETag"] = '"1"'
        if name not in state.pools:
            raise NotFoundError(f"no pool is named {name}")
        pool: Pool = state.pools[name]
        return pool

    @app.get("/v1/pools")
    async def list_pools() -> PoolPage:
        return PoolPage(items=[PoolDocument(**dict(pool)) for pool in state.pools.values()])

    _add_clients(app)
    _add_resources(app)


def _add_clients(app: FastAPI) -> None:
    state = app.state

    @app.put("/v1/clients/{name}")
    async def put_client(name: str, client: Client) -> ApplyResult:
        state.sent.append(name)
        state.clients[name] = client
        return ApplyResult(kind="client", name=name, change="created", config_revision=3)

    @app.get("/v1/clients/{name}")
    async def get_client(name: str, response: Response) -> ClientDocument:
        response.headers["ETag"] = '"1"'
        if name not in state.clients:
            raise NotFoundError(f"no client is named {name}")
        return ClientDocument(**dict(state.clients[name]), is_paused=True)

    @app.post("/v1/clients/import")
    async def import_clients(request: Request, dry_run: bool = False) -> ImportResult:
        state.sent.append(request.headers["Content-Type"])
        rows = (await request.body()).count(b"\n")
        return ImportResult(
            created=rows, changed=0, unchanged=0, is_dry_run=dry_run, config_revision=3
        )

    @app.post("/v1/clients/{name}/pause")
    async def pause_client(name: str, request: PauseRequest) -> ApplyResult:
        state.sent.append((name, request.reason))
        return ApplyResult(kind="client", name=name, change="changed", config_revision=3)

    @app.post("/v1/clients/{name}/resume")
    async def resume_client(name: str) -> ApplyResult:
        state.sent.append(name)
        return ApplyResult(kind="client", name=name, change="changed", config_revision=3)

    @app.get("/v1/clients")
    async def list_clients() -> ClientPage:
        stored = [ClientDocument(**dict(client)) for client in state.clients.values()]
        return ClientPage(items=stored)


def _add_resources(app: FastAPI) -> None:
    state = app.state

    @app.put("/v1/resources/{name}")
    async def put_resource(name: str, resource: NamedResource) -> ApplyResult:
        state.sent.append(name)
        state.resources[name] = resource
        return ApplyResult(kind="resource", name=name, change="created", config_revision=2)

    @app.get("/v1/resources/{name}")
    async def get_resource(name: str) -> NamedResource:
        if name not in state.resources:
            raise NotFoundError(f'no resource is named "{name}"')
        found: NamedResource = state.resources[name]
        return found

    @app.get("/v1/resources")
    async def list_resources() -> NamedResourcePage:
        stored = [NamedResourceDocument(**dict(each)) for each in state.resources.values()]
        return NamedResourcePage(items=stored)


def _find_run(app: FastAPI, run_id: str) -> RunDocument:
    if run_id not in app.state.runs:
        raise NotFoundError(f"run {run_id} does not exist")
    found: RunDocument = app.state.runs[run_id]
    return found


def _add_changes(app: FastAPI) -> None:
    @app.post("/v1/runs/{run_id}/cancel")
    async def cancel_run(run_id: str) -> RunDocument:
        return _find_run(app, run_id).model_copy(update={"state": RunState.CANCELLING})

    @app.get("/v1/runs/{run_id}/explain")
    async def explain_run(run_id: str) -> Explanation:
        run = _find_run(app, run_id)
        soon, later = run.created_at + timedelta(seconds=90), run.created_at + timedelta(hours=2)
        return Explanation(
            run=run.id,
            state=RunState.QUEUED,
            summary="Queued: 2. in turn in lane normal.",
            hindrances=[
                Hindrance(kind=HindranceKind.ORDER, detail="1 runs go before it in lane normal.")
            ],
            place=2,
            starts=Forecast(p50=soon, p90=later),
            measured_runs=7,
            as_of=run.created_at,
        )

    @app.post("/v1/runs/{run_id}/hold")
    async def hold_run(run_id: str) -> RunDocument:
        return _find_run(app, run_id).model_copy(update={"state": RunState.HELD})

    @app.post("/v1/runs/{run_id}/release")
    async def release_run(run_id: str) -> RunDocument:
        return _find_run(app, run_id).model_copy(update={"state": RunState.QUEUED})

    @app.post("/v1/runs/{run_id}/rerun", status_code=202)
    async def rerun_run(run_id: str, scope: RerunScope) -> RerunDocument:
        if scope is RerunScope.DOWNSTREAM:
            return RerunDocument(batch=make_batch())
        return RerunDocument(run=_find_run(app, run_id))

    @app.post("/v1/batches/{batch_id}/rerun", status_code=202)
    async def rerun_batch(batch_id: str, only: RerunOnly) -> BatchDocument:
        return make_batch(id=batch_id, name=only.value)

    @app.post("/v1/runs/{run_id}/priority")
    async def reprioritise_run(run_id: str, change: PriorityChange) -> RunDocument:
        return _find_run(app, run_id).model_copy(update={"priority": change.priority})


def _add_runs(app: FastAPI) -> None:
    state = app.state

    @app.post("/v1/runs", status_code=202)
    async def submit(request: Request, submission: RunSubmission) -> RunDocument:
        state.sent.append((submission, dict(request.headers)))
        return _find_run(app, "r1").model_copy(update={"state": RunState.QUEUED})

    @app.get("/v1/runs")
    async def list_runs(
        run_state: Annotated[RunState | None, Query(alias="state")] = None,
        cursor: str = "",
        limit: int = 100,
    ) -> RunPage:
        runs = [run for run in state.runs.values() if run_state in {None, run.state}]
        return state.pages.get(cursor) or RunPage(items=runs[:limit])

    @app.get("/v1/runs/{run_id}")
    @app.get("/v1/runs/{run_id}/wait")
    async def get_run(run_id: str) -> RunDocument:
        return _find_run(app, run_id)

    @app.get("/v1/runs/{run_id}/logs")
    async def logs(run_id: str) -> Response:
        return Response(state.log, media_type="text/plain; charset=utf-8")

    @app.get("/v1/runs/{run_id}/artifacts")
    async def artifacts(run_id: str) -> ArtifactPage:
        return ArtifactPage(
            items=[
                ArtifactDocument(path=path, size=len(right), sha256=_sha256(right))
                for path, (right, _) in state.files.items()
            ]
        )

    @app.get("/v1/runs/{run_id}/artifacts/{path:path}")
    async def artifact(run_id: str, path: str) -> Response:
        return Response(state.files[path][1])


def _add_batches(app: FastAPI) -> None:
    state = app.state

    @app.post("/v1/batches", status_code=202)
    async def submit_batch(submission: BatchSubmission) -> BatchDocument:
        if unknown := [n for n, item in enumerate(submission.items) if item.job == "nothing"]:
            faults = [
                {"pointer": f"/items/{n}/job", "detail": 'no job is named "nothing"'}
                for n in unknown
            ]
            raise InvalidRequestError("some items name no job", errors=faults)
        return make_batch(state="loading", outcome=None, counts={}, total=len(submission.items))

    @app.get("/v1/batches/{batch_id}")
    async def get_batch(batch_id: str) -> BatchDocument:
        seen = state.batches
        found: BatchDocument = seen.pop(0) if len(seen) > 1 else seen[0]
        return found


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[AsyncClient]:
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app=api)) as http,
        AsyncClient("http://mlmon.test", token="t", http=http) as opened,
    ):
        yield opened


@pytest.fixture
def mlmon(api: FastAPI) -> Callable[..., int]:
    """Run the command line against the API and return its exit status."""

    def run(*arguments: object) -> int:
        session = Session(transport=httpx.ASGITransport(app=api))
        return main([str(argument) for argument in arguments], session)

    return run
