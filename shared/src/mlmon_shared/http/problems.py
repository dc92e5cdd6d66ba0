"""Render every error as RFC 9457 problem+json: ours, the router's and validation's."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from mlmon_shared.errors import (
    InvalidRequestError,
    MethodNotAllowedError,
    MlmonError,
    NotFoundError,
    ServerUnreachableError,
    ServiceUnavailableError,
    class_of_status,
)
from mlmon_shared.http.request_ids import HEADER, request_id_of
from mlmon_shared.wire.validation import explain, summarise

MEDIA_TYPE: Final = "application/problem+json"
_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_OUTSIDE_BODY: Final = {"query", "path", "header", "cookie"}

log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One fault and the JSON pointer of its place."""

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details, for the OpenAPI document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldProblem] | None = None


def problem_responses(*errors: type[MlmonError]) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` for a route that may raise these errors."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = found.get(error.status, {}).get("description")
        text = f"`{error.code}`: {(error.__doc__ or '').splitlines()[0]}"
        found[error.status] = {
            "description": f"{known}\n\n{text}" if known else text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
    return found


def problem_response(
    error: MlmonError, *, request_id: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response for an error; `retry_after_seconds` also becomes Retry-After."""
    body: dict[str, Any] = {
        "type": f"urn:mlmon:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.extras,
    }
    if request_id is not None:
        body["request_id"] = request_id
    sent = dict(headers or {})
    if (wait := error.extras.get("retry_after_seconds")) is not None:
        sent["Retry-After"] = str(max(1, round(float(wait))))
    if error.status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        json.dumps(body, default=str), status_code=error.status, headers=sent, media_type=MEDIA_TYPE
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make the app answer every error with problem+json."""
    app.add_exception_handler(MlmonError, _on_mlmon_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(Exception, _on_bug)


async def _on_mlmon_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MlmonError)  # noqa: S101 - what the handler is registered for
    if isinstance(error, ServerUnreachableError):
        # Which server and why is for our log; to a caller it is one of our own parts.
        log.warning("another service is away", path=request.url.path, detail=error.detail)
        error = ServiceUnavailableError(
            "a service that this needs does not answer; try again", retry_after_seconds=2
        )
    return problem_response(error, request_id=request_id_of(request.scope))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    ours: MlmonError
    if error.status_code == HTTPStatus.NOT_FOUND:
        ours = NotFoundError(f"{request.url.path} does not exist; /docs lists what does")
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = _allowed_methods(request)
        error.headers = {**(error.headers or {}), "Allow": allowed}
        ours = MethodNotAllowedError(
            f"{request.url.path} does not take {request.method}; it takes {allowed}"
        )
    else:
        ours = class_of_status(error.status_code)(str(error.detail))
    return problem_response(
        ours, request_id=request_id_of(request.scope), headers=error.headers or {}
    )


def _allowed_methods(request: Request) -> str:
    """Return the methods of every route of this path; the router knows those of one."""
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.router.routes
        )
    )


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    faults = _faults(error.errors(), _body_model(request))
    ours = InvalidRequestError(summarise(faults), errors=faults)
    return problem_response(ours, request_id=request_id_of(request.scope))


async def _on_bug(request: Request, error: Exception) -> Response:
    # By now the request's own context is left, and with it what adds its id.
    request_id = request_id_of(request.scope)
    log.error(
        "request failed",
        request_id=request_id,
        method=request.method,
        path=request.url.path,
        exc_info=error,
    )
    ours = MlmonError("Something went wrong on our side; the log has it under the request id.")
    headers = {HEADER: request_id} if request_id is not None else {}
    return problem_response(ours, request_id=request_id, headers=headers)


def _faults(errors: Sequence[Any], model: object) -> list[dict[str, str]]:
    faults = []
    for found in errors:
        where, *rest = found["loc"] or ("body",)
        if found["type"] == "json_invalid":
            at = found["loc"][-1]
            why = found.get("ctx", {}).get("error", "malformed")
            faults.append({"pointer": "", "detail": f"not JSON, at character {at}: {why}"})
        elif where in _OUTSIDE_BODY:
            named = explain([{**found, "loc": ()}], None)[0]["detail"]
            faults.append({"pointer": "", "detail": f"{where} {'.'.join(map(str, rest))}: {named}"})
        else:
            faults += explain([{**found, "loc": tuple(rest)}], model)
    return faults


def _body_model(request: Request) -> object:
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    return getattr(getattr(field, "field_info", None), "annotation", None)
