"""Build the FastAPI app of a service with everything that all of them share."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from mlmon_shared.errors import TooManyRequestsError
from mlmon_shared.http import health
from mlmon_shared.http.auth import scopes_of, takes_limited
from mlmon_shared.http.body_limits import BodyLimitMiddleware
from mlmon_shared.http.problems import (
    ProblemDocument,
    install_problem_handlers,
    problem_responses,
)
from mlmon_shared.http.rate_limits import Rate, RateLimits
from mlmon_shared.http.request_ids import RequestIdMiddleware
from mlmon_shared.settings import ServiceSettings

BODY_LIMIT: Final = 8 * 2**20


def build_app(
    *,
    title: str,
    version: str,
    lifespan: Any,  # noqa: ANN401 - Starlette's own alias is not public
    routers: list[APIRouter],
    body_limit: int = BODY_LIMIT,
    unlimited_prefixes: tuple[str, ...] = (),
    larger_limits: Mapping[tuple[str, str], int] | None = None,
    body_models: Sequence[type[BaseModel]] = (),
    settings: ServiceSettings | None = None,
) -> FastAPI:
    """Return an app with problems, request ids, body limits, health and metrics.

    The service's lifespan must set `app.state.authenticator` and may replace
    `app.state.session_authenticator` and `app.state.readiness_checks`.

    Args:
        title: Of the OpenAPI document.
        version: Of the service.
        lifespan: Opens and closes what the service keeps on `app.state`.
        routers: The service's own.
        body_limit: Bytes of a request body; larger ones are answered 413.
        unlimited_prefixes: Paths that stream bodies and check them themselves.
        larger_limits: Bytes, by path and media type, where bodies may be larger.
        body_models: Of bodies that routes read by themselves, for the OpenAPI document.
        settings: Say how many requests are taken; the defaults do when left out.
    """
    app = FastAPI(
        title=title,
        version=version,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redoc_url=None,
    )
    app.state.readiness_checks = {}
    app.state.begin_stop = lambda: None
    app.state.session_authenticator = None
    app.state.metrics = CollectorRegistry()
    # Without the environment, of which these settings have no prefix.
    limits = settings or ServiceSettings.model_construct()
    app.state.rate_limits = RateLimits(
        Rate(limits.requests_per_second, limits.requests_burst),
        Rate(limits.failures_per_second, limits.failures_burst),
        app.state.metrics,
    )
    install_problem_handlers(app)
    app.add_middleware(
        BodyLimitMiddleware,
        limit=body_limit,
        unlimited_prefixes=unlimited_prefixes,
        larger_limits=larger_limits,
    )
    app.add_middleware(RequestIdMiddleware)
    for router in [health.router, *routers]:
        _add_routes(app, router)
    models: list[type[BaseModel]] = [ProblemDocument, *body_models]
    app.openapi = lambda: _openapi_with(app, models)  # type: ignore[method-assign]
    return app


def _add_routes(app: FastAPI, router: APIRouter) -> None:
    """Let an app answer a router's routes as they are.

    `include_router` would build each of them anew for every app, at its first request, and look
    for the right one twice at each request.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.name
    app.router.routes.extend(router.routes)


def _openapi_with(app: FastAPI, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in models:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema
        for path in document["paths"].values():
            for operation in path.values():
                invalid = operation.get("responses", {}).get("422")
                if invalid is not None:
                    reference = {"$ref": "#/components/schemas/ProblemDocument"}
                    invalid["content"] = {"application/problem+json": {"schema": reference}}
        for route in app.routes:
            if isinstance(route, APIRoute):
                _say_scopes(document["paths"].get(route.path_format, {}), route)
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        app.openapi_schema = document
    return app.openapi_schema


def _say_scopes(operations: dict[str, Any], route: APIRoute) -> None:
    scopes = scopes_of(route.dependant)
    for method in route.methods or ():
        if scopes and method.lower() in operations:
            operation = operations[method.lower()]
            operation["x-required-scope"] = "|".join(sorted(scopes))
            operation["x-takes-limited-tokens"] = takes_limited(route.dependant)
            for status, response in problem_responses(TooManyRequestsError).items():
                operation["responses"].setdefault(str(status), response)
