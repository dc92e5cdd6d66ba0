"""One origin for three services: dispatch by path prefix, merge what each has of its own.

Scopes are passed on unmodified (a Starlette mount would strip the prefix). `/healthz`,
`/readyz`, `/metrics` and `/openapi.json` are merged.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import httpx
from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from mlmon_shared.errors import MlmonError, ServiceUnavailableError
from mlmon_shared.http.problems import install_problem_handlers
from mlmon_shared.http.request_ids import RequestIdMiddleware
from mlmon_shared.wire.health import Health
from mlmon_standalone.proxies import create_proxy, proxy_client

CONFIG_API: Final = "config-api"
SCHEDULER: Final = "scheduler"
REPORT_WRITER: Final = "report-writer"

PREFIXES: Final = {
    CONFIG_API: (
        "/v1/catalog",
        "/v1/job-definitions",
        "/v1/clients",
        "/v1/pools",
        "/v1/resources",
        "/v1/schedules",
        "/v1/webhooks",
        "/v1/tokens",
        "/v1/users",
        "/v1/sessions",
        "/v1/secrets",
        "/v1/audit-events",
        "/v1/schemas",
        "/v1/snapshot",
        "/ui",
        "/sign-in",
        "/sign-out",
        "/invitation",
        "/auth",
    ),
    SCHEDULER: (
        "/v1/runs",
        "/v1/batches",
        "/v1/backfills",
        "/v1/queues",
        "/v1/firings",
        "/v1/agents",
        "/v1/breakers",
        "/agent/v1",
    ),
    REPORT_WRITER: ("/v1/history", "/v1/reports", "/v1/webhook-deliveries", "/internal/v1"),
}
"""Disjoint, so that any proxy can put the services on one origin."""

_READ_SECONDS: Final = 5.0
_ASSETS: Final = "/docs-assets"


@dataclass(frozen=True)
class Service:
    """One service behind the front.

    Attributes:
        app: Takes its requests.
        client: Asks it for health, metrics and its OpenAPI document.
        begin_stop: Ends its loops and answers what is parked, before the front stops.
    """

    name: str
    app: ASGIApp
    client: httpx.AsyncClient
    begin_stop: Callable[[], None] = lambda: None


def service_of(path: str) -> str | None:
    """Return the name of the service that answers a path."""
    for name, prefixes in PREFIXES.items():
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
            return name
    return None


class Dispatcher:
    """An ASGI app that hands each request to the service of its prefix, else to its own."""

    def __init__(self, services: Sequence[Service], own: ASGIApp) -> None:
        self._apps = {service.name: service.app for service in services}
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        name = service_of(scope["path"]) if scope["type"] == "http" else None
        if name is None:
            await self._own(scope, receive, send)
        else:
            # Starlette puts the app and the router's state into the scope of the parent.
            await self._apps[name](dict(scope), receive, send)


def create_front(services: Sequence[Service]) -> ASGIApp:
    """Return the app that serves everything on one origin."""
    own = FastAPI(title="MLMon", openapi_url=None, docs_url=None, redoc_url=None)
    install_problem_handlers(own)
    own.add_middleware(RequestIdMiddleware)
    _add_health(own, services)
    _add_documents(own, services)
    return Dispatcher(services, own)


def _add_health(own: FastAPI, services: Sequence[Service]) -> None:
    @own.get("/healthz", include_in_schema=False)
    async def get_health() -> Response:
        answers = await asyncio.gather(*(_get(service, "/healthz") for service in services))
        is_well = all(answer.status_code == httpx.codes.OK for answer in answers)
        health = Health(
            status="ok" if is_well else "unavailable", version=_read(answers[0]).get("version")
        )
        return JSONResponse(health.model_dump(), status_code=200 if is_well else 503)

    @own.get("/readyz", include_in_schema=False)
    async def get_readiness() -> Response:
        answers = await asyncio.gather(*(_get(service, "/readyz") for service in services))
        dependencies: dict[str, str] = {}
        for service, answer in zip(services, answers, strict=True):
            found = _read(answer)
            told = found.get("dependencies")
            if not isinstance(told, dict):
                told = {"service": found.get("detail", f"answered {answer.status_code}")}
            dependencies |= {f"{service.name}/{name}": state for name, state in told.items()}
        is_ready = all(answer.status_code == httpx.codes.OK for answer in answers)
        return JSONResponse(
            {"status": "ok" if is_ready else "unavailable", "dependencies": dependencies},
            status_code=200 if is_ready else 503,
        )

    @own.get("/metrics", include_in_schema=False)
    async def get_metrics() -> Response:
        answers = await asyncio.gather(*(_get(service, "/metrics") for service in services))
        well = [answer for answer in answers if answer.status_code == httpx.codes.OK]
        text = "".join(answer.text for answer in well)
        kind = well[0].headers["content-type"] if well else "text/plain"
        return Response(text, headers={"content-type": kind})


def _add_documents(own: FastAPI, services: Sequence[Service]) -> None:
    merged: dict[str, Any] = {}

    @own.get("/openapi.json", include_in_schema=False)
    async def get_openapi() -> Response:
        if not merged:
            answers = await asyncio.gather(
                *(_get(service, "/openapi.json") for service in services)
            )
            for answer in answers:
                if answer.status_code != httpx.codes.OK:
                    raise ServiceUnavailableError(
                        "a service does not answer; try again", retry_after_seconds=1
                    )
            merged.update(merge_openapi([answer.json() for answer in answers]))
        return JSONResponse(merged)

    # FastAPI's own page loads its scripts from elsewhere; these come with fastapi-offline.
    assets = files("fastapi_offline") / "static"
    own.mount(_ASSETS, StaticFiles(directory=str(assets)))

    @own.get("/docs", include_in_schema=False)
    async def get_docs() -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="MLMon API",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
        )

    @own.get("/", include_in_schema=False)
    async def get_root() -> Response:
        return RedirectResponse("/docs")


async def _get(service: Service, path: str) -> httpx.Response:
    try:
        # httpx has no timeouts for a service inside this process.
        async with asyncio.timeout(_READ_SECONDS):
            return await service.client.get(path)
    except (httpx.HTTPError, TimeoutError) as error:
        why = str(error) or f"nothing within {_READ_SECONDS:g} s"
        problem = ServiceUnavailableError(f"{service.name} does not answer: {why}")
        return httpx.Response(problem.status, json={"detail": problem.detail})


def _read(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one when it is something else."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def merge_openapi(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one OpenAPI document of several.

    What each service has in the same words (`/healthz` and its like) is there once.

    Raises:
        MlmonError: Two services mean different things by one path, schema name, security
            scheme or operation id.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    security: dict[str, Any] = {}
    operations: dict[str, str] = {}
    for document in documents:
        _add(paths, "path", document["paths"])
        for path, item in document["paths"].items():
            for method, operation in item.items():
                place = f"{method.upper()} {path}"
                known = operations.setdefault(operation["operationId"], place)
                if known != place:
                    raise MlmonError(f"{operation['operationId']} is {known} and {place}")
        components = document.get("components", {})
        _add(schemas, "schema", components.get("schemas", {}))
        _add(security, "security scheme", components.get("securitySchemes", {}))
    return {
        "openapi": documents[0]["openapi"],
        "info": {"title": "MLMon", "version": documents[0]["info"]["version"]},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": security},
    }


def _add(merged: dict[str, Any], kind: str, found: dict[str, Any]) -> None:
    for name, value in found.items():
        if merged.setdefault(name, value) != value:
            raise MlmonError(f"two services have a {kind} {name}, and they differ")


@asynccontextmanager
async def in_process(name: str, app: FastAPI) -> AsyncIterator[Service]:
    """Run a service inside this process: enter its lifespan, which Starlette would not."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        yield Service(name, app, await stack.enter_async_context(client), app.state.begin_stop)


@asynccontextmanager
async def in_other_process(name: str, url: str) -> AsyncIterator[Service]:
    """Reach a service that runs as a process of its own."""
    async with proxy_client(url) as client:
        yield Service(name, create_proxy(name, client), client)
