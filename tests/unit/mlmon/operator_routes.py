"""Agents, breakers and the audit of an API that the client is tested against."""

from datetime import UTC, datetime

from fastapi import FastAPI

from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind, ActionPage
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.agents import AgentDocument, AgentPage
from mlmon_shared.wire.breakers import BreakerDocument, BreakerPage
from mlmon_shared.wire.catalog import AuditEvent, AuditEventPage


def add_operator_routes(app: FastAPI) -> None:
    agent = AgentDocument(
        id="a1",
        host="box",
        pool="cpu",
        runtime="process",
        agent_version="1",
        capacity=Vector(),
        used=Vector(),
        is_alive=True,
        quarantine_reason="3 different jobs failed here.",
        gpu_faults={"GPU-1": "it is lost"},
        registered_at=datetime(2026, 1, 5, tzinfo=UTC),
        beat_at=datetime(2026, 1, 5, tzinfo=UTC),
    )

    @app.get("/v1/agents")
    async def list_agents() -> AgentPage:
        return AgentPage(items=[agent])

    _add_actions(app)

    @app.get("/v1/audit-events")
    async def list_audit_events(since: datetime) -> AuditEventPage:
        event = AuditEvent(
            revision=7, at=since, by="ci", kind="client", name="acme", action="created"
        )
        return AuditEventPage(items=[event])

    @app.get("/v1/audit-events/7")
    async def get_audit_event() -> AuditEvent:
        return AuditEvent(
            revision=7,
            at=datetime(2026, 1, 5, tzinfo=UTC),
            by="ci",
            kind="client",
            name="acme",
            action="changed",
            before={"name": "acme", "weight": 1},
            after={"name": "acme", "weight": 2},
        )

    @app.get("/v1/breakers")
    async def list_breakers() -> BreakerPage:
        opened_at = datetime(2026, 1, 5, tzinfo=UTC)
        return BreakerPage(
            items=[BreakerDocument(job="train", version=3, reason="Full.", opened_at=opened_at)]
        )

    @app.get("/v1/breakers/train/3")
    async def get_breaker() -> BreakerDocument:
        return (await list_breakers()).items[0]

    @app.post("/v1/breakers/train/3/close", status_code=204)
    async def close_breaker() -> None:
        return None

    @app.post("/v1/agents/a1/release")
    async def release_agent() -> AgentDocument:
        return agent.model_copy(update={"quarantine_reason": None})

    @app.post("/v1/agents/a1/drain")
    async def drain_agent() -> AgentDocument:
        return agent.model_copy(update={"quarantine_reason": None, "is_draining": True})

    @app.get("/v1/agents/a1")
    @app.post("/v1/agents/a1/undrain")
    async def undrain_agent() -> AgentDocument:
        return agent


def _add_actions(app: FastAPI) -> None:
    @app.get("/v1/history/actions")
    async def list_actions(
        since: datetime, kind: ActionKind, action: Action | None = None
    ) -> ActionPage:
        found = ActionDocument(
            id="x1",
            at=since,
            by="ann",
            action=action or Action.DRAINED,
            kind=kind,
            name="a1",
            before={"drained_by": None},
            after={"drained_by": "ann"},
        )
        return ActionPage(items=[found], as_of=since.isoformat())
