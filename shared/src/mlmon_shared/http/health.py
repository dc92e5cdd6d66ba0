"""`/healthz` (alive), `/readyz` (dependencies, each named) and `/metrics`."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mlmon_shared.wire.health import Health, Readiness

ReadinessChecks = Mapping[str, Callable[[], Awaitable[str | None]]]
"""A check per dependency: None when it is well, else one sentence."""

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def get_health(request: Request) -> Health:
    """Say that the process serves requests, and its version."""
    return Health(version=request.app.version)


@router.get("/readyz", responses={503: {"model": Readiness}})
async def get_readiness(request: Request, response: Response) -> Readiness:
    """Say whether every dependency answers; 503 when one does not."""
    checks: ReadinessChecks = request.app.state.readiness_checks
    found = {name: await check() or "ok" for name, check in checks.items()}
    is_ready = all(state == "ok" for state in found.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(status="ok" if is_ready else "unavailable", dependencies=found)


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """Return this service's metrics in Prometheus' text format."""
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
