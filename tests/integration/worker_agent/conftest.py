"""A scripted scheduler on a real port: the other side of the agent protocol."""

import asyncio
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlmon_shared.errors import ForbiddenError, NotFoundError, StaleFenceError, UnauthenticatedError
from mlmon_shared.http.problems import install_problem_handlers
from mlmon_shared.testing.containers import HOST_PYTHON
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import (
    Accept,
    AttemptSpec,
    Beat,
    BeatAnswer,
    Directive,
    DirectiveKind,
    Grant,
    InputFile,
    OutputFile,
    Poll,
    PollAnswer,
    Result,
    ResultAnswer,
    Results,
    ResultsAnswer,
    SessionRequest,
    Sync,
    SyncAnswer,
    TransferGrant,
    Vector,
)
from mlmon_shared.wire.agent_releases import AgentRelease
from mlmon_shared.wire.job_definitions import Resources, Retries, Timeouts
from mlmon_shared.wire.log_archives import LogUploadAnswer
from mlmon_shared.wire.outputs import Output, OutputKind
from mlmon_shared.wire.registrations import Registered, Registration
from tests.integration.worker_agent.stored_files import serve_files

SOON = timedelta(seconds=30)
MIB = 2**20


@dataclass
class FakeScheduler:
    """The other side of the agent protocol, with a scripted queue.

    Attributes:
        lost_answers: Paths whose next answers are thrown away after the server acted.
        is_down: Whether everything is answered 503.
        fails_uploads: How many further uploads are answered 503.
        is_generous: Whether grants need not fit into what is offered.
        instance: Whose identity registers agents; empty for none.
        stale: Fences that are refused.
    """

    url: str = ""
    stop_after_seconds: float = 60.0
    young_stop_after_seconds: float = 60.0
    kill_grace_seconds: float = 5.0
    is_down: bool = False
    fails_uploads: int = 0
    is_generous: bool = False
    instance: str = ""
    refuses_logs: bool = False
    is_archive_down: bool = False
    sessions: int = 0
    valid_session: str = ""
    name: str = field(default_factory=lambda: uuid4().hex)
    epoch: int = 1
    watermark: str = "0-0"
    agent_release: AgentRelease | None = None
    queue: list[AttemptSpec] = field(default_factory=list)
    specs: dict[str, AttemptSpec] = field(default_factory=dict)
    held: dict[str, Grant] = field(default_factory=dict)
    directives: list[Directive] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    accepts: list[Accept] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    syncs: list[Sync] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    finals: dict[str, Result] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    lost_answers: list[str] = field(default_factory=list)
    farewells: list[str] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    upload_headers: dict[str, dict[str, str]] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)
    chunks: dict[str, dict[int, tuple[int, bytes]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    poll_answers: dict[tuple[str, int], PollAnswer] = field(default_factory=dict)

    def enqueue(self, *command: str, **changes: Any) -> AttemptSpec:
        number = len(self.specs) + 1
        values: dict[str, Any] = {
            "run_id": f"run-{number}",
            "attempt": 1,
            # Processes are killed by what marks them: another test on this machine may have the
            # same run, but not the same fence.
            "fence": f"{self.name}:{number}",
            "job": "job",
            "version": 1,
            "client": "client",
            "image": "some/image",
            "command": list(command),
            "environment": {},
            "params": {},
            "resources": Resources(memory=256 * MIB),
            "timeouts": Timeouts(),
            "retries": Retries(),
            "inputs": [],
            "outputs": [],
        }
        spec = AttemptSpec.model_validate(values | changes)
        self.specs[spec.run_id] = spec
        self.queue.append(spec)
        return spec

    def python(self, code: str, **changes: Any) -> AttemptSpec:
        return self.enqueue(HOST_PYTHON, "-c", code, **changes)

    def input(self, target: str, content: bytes) -> InputFile:
        self.downloads[target] = content
        return InputFile(
            target=target,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            download=self._transfer("GET", f"download/{target}"),
        )

    def output(self, path: str, kind: OutputKind = OutputKind.FILE) -> OutputFile:
        return OutputFile(
            output=Output(path=path, kind=kind), upload=self._transfer("PUT", f"upload/{path}")
        )

    def cancel(self, spec: AttemptSpec, kind: DirectiveKind = DirectiveKind.CANCEL) -> None:
        self.directives.append(
            Directive(kind=kind, run_id=spec.run_id, attempt=spec.attempt, fence=spec.fence)
        )

    def log_of(self, spec: AttemptSpec, stream: str = "stdout") -> str:
        chunks = self.chunks[f"{spec.run_id}.{spec.attempt}/{stream}"]
        return b"".join(chunks[seq][1] for seq in sorted(chunks)).decode()

    async def result(self, spec: AttemptSpec) -> Result:
        return await eventually(lambda: self.finals.get(spec.fence), within_seconds=20)

    def answer(self, result: Result) -> ResultAnswer:
        self.results.append(result)
        values: dict[str, Any] = {
            "run_id": result.run_id,
            "attempt": result.attempt,
            "fence": result.fence,
        }
        if result.fence in self.stale:
            return ResultAnswer(**values, status="stale-fence")
        known = self.finals.setdefault(result.fence, result)
        self.held.pop(result.fence, None)
        self.directives = [each for each in self.directives if each.fence != result.fence]
        assert known.event_id == result.event_id
        position = f"{1000 + list(self.finals).index(result.fence)}-0"
        return ResultAnswer(**values, status="accepted", position=position)

    def take(self, poll: Poll) -> PollAnswer | None:
        """Answer a poll, the same poll again in the same way; None means wait."""
        key = (poll.session, poll.poll_seq)
        if key in self.poll_answers:
            return self.poll_answers[key]
        grants: list[Grant] = []
        free = poll.free
        while self.queue and len(grants) < poll.maximum:
            spec = self.queue[0]
            wanted = Vector.of(spec.resources)
            if not (self.is_generous or wanted.fits_into(free)):
                break
            free = free.minus(wanted)
            grant = Grant(
                run_id=spec.run_id,
                attempt=spec.attempt,
                fence=spec.fence,
                resources=wanted,
                accept_by=datetime.now(UTC) + SOON,
                granted_at=datetime.now(UTC),
                stop_after_seconds=self.stop_after_seconds,
                young_stop_after_seconds=self.young_stop_after_seconds,
                kill_grace_seconds=self.kill_grace_seconds,
            )
            grants.append(grant)
            self.held[spec.fence] = grant
            self.queue.pop(0)
        if not grants and not self.directives:
            return None
        answer = PollAnswer(grants=grants, directives=list(self.directives))
        if grants:
            self.poll_answers[key] = answer
        return answer

    async def check_credential(self, request: Request) -> None:
        """As the scheduler does: before what else is in the request is looked at.

        Unless `instance` is set, it is one that is older than identities.
        """
        given = request.headers.get("Authorization")
        if given is not None:
            if given != "Bearer bootstrap":
                raise ForbiddenError("no bootstrap token")
            return
        identity = (await request.json()).get("identity")
        if identity is None or not self.instance:
            raise UnauthenticatedError("send a token: Authorization: Bearer …")
        if json.loads(identity["document"])["instanceId"] != self.instance:
            raise ForbiddenError("another instance", proof="instance-identity")

    def check(self, request: Request, session: str | None = None) -> None:
        token = request.headers.get("Authorization")
        if token != f"Bearer token-of-{self.valid_session}":
            raise UnauthenticatedError("the session is over")
        if session is not None and session != self.valid_session:
            raise UnauthenticatedError("another session")

    def _transfer(self, method: str, path: str) -> TransferGrant:
        return TransferGrant(
            method=method,
            url=f"{self.url}/files/{path}",
            headers={"X-Grant": "granted"},
            expires_at=datetime.now(UTC) + SOON,
        )


class LosingMiddleware:
    """Throws away answers after the server acted, or refuses everything."""

    def __init__(self, app: ASGIApp, scheduler: FakeScheduler) -> None:
        self._app = app
        self._scheduler = scheduler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if "/upload/" in path and self._scheduler.fails_uploads:
            self._scheduler.fails_uploads -= 1
            await Response(status_code=503)(scope, receive, send)
            return
        if scope["type"] == "http" and self._scheduler.is_down:
            await Response(status_code=503)(scope, receive, send)
            return
        named = next((name for name in self._scheduler.lost_answers if name in path), None)
        if scope["type"] != "http" or named is None:
            await self._app(scope, receive, send)
            return
        self._scheduler.lost_answers.remove(named)

        async def forget(_: Message) -> None:
            return None

        await self._app(scope, receive, forget)
        await Response(status_code=500)(scope, receive, send)


def create_fake(scheduler: FakeScheduler) -> FastAPI:
    """Build the app that serves the agent protocol."""
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(LosingMiddleware, scheduler=scheduler)
    _serve_sessions(app, scheduler)
    _serve_attempts(app, scheduler)
    serve_files(app, scheduler)
    return app


def _serve_sessions(app: FastAPI, scheduler: FakeScheduler) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": "0.1.0"}

    @app.post("/agent/v1/register", dependencies=[Depends(scheduler.check_credential)])
    async def register(registration: Registration) -> Registered:
        scheduler.registrations.append(registration)
        scheduler.sessions += 1
        scheduler.valid_session = f"session-{scheduler.sessions}"
        return Registered(
            agent_id=registration.agent_id or "agent-1",
            session=scheduler.valid_session,
            token=f"token-of-{scheduler.valid_session}",
            pool="pool",
            poll_timeout_seconds=20.0,
            beat_interval_seconds=0.2,
            stop_after_seconds=scheduler.stop_after_seconds,
            kill_grace_seconds=scheduler.kill_grace_seconds,
        )

    @app.post("/agent/v1/poll")
    async def poll(poll: Poll, request: Request) -> PollAnswer:
        scheduler.check(request, poll.session)
        scheduler.polls.append(poll)
        until = asyncio.get_running_loop().time() + poll.timeout_seconds
        while asyncio.get_running_loop().time() < until:
            if await request.is_disconnected() or poll.session != scheduler.valid_session:
                break
            if scheduler.polls[-1] is poll and (answer := scheduler.take(poll)) is not None:
                return answer
            await asyncio.sleep(0.01)
        scheduler.check(request, poll.session)
        return PollAnswer()

    @app.post("/agent/v1/beat")
    async def beat(beat: Beat, request: Request) -> BeatAnswer:
        scheduler.check(request, beat.session)
        scheduler.beats.append(beat)
        return BeatAnswer(
            directives=scheduler.directives,
            epoch=scheduler.epoch,
            durable_watermark=scheduler.watermark,
            next_beat_seconds=0.2,
            agent_release=scheduler.agent_release,
        )


def _serve_attempts(app: FastAPI, scheduler: FakeScheduler) -> None:
    @app.post("/agent/v1/runs/{run_id}/accept")
    async def accept(run_id: str, accept: Accept, request: Request) -> AttemptSpec:
        scheduler.check(request, accept.session)
        scheduler.accepts.append(accept)
        if accept.fence in scheduler.stale:
            raise StaleFenceError("leased anew")
        return scheduler.specs[run_id]

    @app.post("/agent/v1/results")
    async def results(results: Results, request: Request) -> ResultsAnswer:
        scheduler.check(request, results.session)
        return ResultsAnswer(answers=[scheduler.answer(each) for each in results.results])

    @app.post("/agent/v1/sync")
    async def sync(sync: Sync, request: Request) -> SyncAnswer:
        scheduler.check(request, sync.session)
        scheduler.syncs.append(sync)
        unknown = [
            Directive(
                kind=DirectiveKind.KILL, run_id=each.run_id, attempt=each.attempt, fence=each.fence
            )
            for each in sync.held
            if each.fence not in scheduler.held or each.fence in scheduler.stale
        ]
        return SyncAnswer(
            directives=unknown,
            answers=[scheduler.answer(each) for each in sync.results],
            epoch=scheduler.epoch,
            durable_watermark=scheduler.watermark,
        )

    @app.put("/agent/v1/logs/{attempt_id}/{stream}/{seq}")
    async def put_log(
        attempt_id: str, stream: str, seq: int, offset: int, request: Request
    ) -> Response:
        scheduler.check(request)
        if scheduler.refuses_logs:
            raise NotFoundError("logs are not kept here")
        content = gzip.decompress(await request.body())
        scheduler.chunks[f"{attempt_id}/{stream}"].setdefault(seq, (offset, content))
        return Response(status_code=204)

    @app.post("/agent/v1/logs/{attempt_id}/archive")
    async def archive_log(attempt_id: str, body: dict[str, Any], request: Request) -> Response:
        scheduler.check(request, body["session"])
        if scheduler.is_archive_down:
            return Response(status_code=503)
        grant = scheduler._transfer("PUT", f"archive/log/{attempt_id}/{body['seq']:06}")
        return JSONResponse(LogUploadAnswer(upload=grant).model_dump(mode="json"))

    @app.post("/agent/v1/{farewell}")
    async def farewell(farewell: str, body: SessionRequest, request: Request) -> Response:
        scheduler.check(request, body.session)
        scheduler.farewells.append(farewell)
        return Response(status_code=204)


@pytest.fixture
async def scheduler() -> AsyncIterator[FakeScheduler]:
    fake = FakeScheduler()
    async with live_server(create_fake(fake)) as url:
        fake.url = url
        yield fake
        # Parked polls would hold up the end of the server.
        fake.valid_session = ""
