"""Every route of every service says who may call it."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from openapi_spec_validator import validate

from mlmon_config_api.api.sessions import current_session
from mlmon_scheduler.api.deps import _current_agent
from mlmon_shared.http.auth import RequiredScope
from mlmon_shared.wire.states import Scope
from mlmon_standalone.front import merge_openapi, service_of

OPEN_TO_ALL = {
    "get_health",
    "get_job_definition_schema",
    "get_metrics",
    "get_readiness",
    "openapi",
    "swagger_ui_html",
    "swagger_ui_redirect",
}
BY_GRANT = {"fetch_artifact", "upload_artifact"}
"""The signature in the URL is the right."""
BY_AGENT_SESSION = {
    "accept_attempt",
    "accept_attempts",
    "append_log",
    "archive_log",
    "begin_upload",
    "beat_agent",
    "complete_attempts",
    "complete_upload",
    "deregister_agent",
    "drain_agent",
    "grant_parts",
    "poll_work",
    "sync_agent",
}
BY_ATTEMPT = {"report_progress"}
"""Takes the token of an attempt alone, which has no scopes."""
TAKES_ATTEMPTS = BY_ATTEMPT | {"download_artifact", "get_run"}
"""All that an attempt's own token may ask."""
REFUSES_LIMITED = {
    "cancel_backfill",
    "diff_job_definition_versions",
    "get_agent",
    "get_backfill",
    "get_breaker",
    "get_canary",
    "get_pin",
    "get_pool",
    "get_resource",
    "get_secret",
    "list_agents",
    "list_backfills",
    "list_breakers",
    "list_firings",
    "list_pins",
    "list_pools",
    "list_resources",
    "list_secrets",
    "overview_queues",
    "pause_backfill",
    "plan_backfill",
    "resume_backfill",
    "start_backfill",
}
"""Routes of all clients and jobs at once, from which a token that is limited to some gets 403."""
TELLS_OF_NOBODY = {"get_current_token", "preview_schedule"}
"""Routes that take limited tokens, and show nothing that is any client's."""
GUARDED_NAMES = {"batch_id", "job", "name", "run_id"}
"""Parts of a path that guards check."""
BY_USER_SESSION = {
    "change_password",
    "delete_current_session",
    "delete_session",
    "delete_sessions",
    "get_current_session",
    "list_sessions",
}
"""What signed-in users do about themselves, whatever their roles."""
SIGNING_IN = {
    "create_session",
    "finish_oidc",
    "get_sign_in_styles",
    "show_invitation",
    "show_sign_in",
    "start_oidc",
    "submit_invitation",
    "submit_sign_in",
    "submit_sign_out",
}
"""Routes that begin or end a session, and their pages."""
BY_IDENTITY = {"register_agent"}
"""Takes the signed identity of an instance from whom has no token."""
READING_POSTS = {"plan_backfill", "preview_schedule"}
"""Routes that take a body and change nothing, so that a reader may call them."""


class Route(NamedTuple):
    service: str
    name: str
    path: str
    methods: frozenset[str]
    calls: tuple[Any, ...]
    endpoint: Any

    @property
    def takes_limited(self) -> bool:
        return any(isinstance(call, RequiredScope) and call.guard for call in self.calls)

    @property
    def takes_attempts(self) -> bool:
        return any(isinstance(call, RequiredScope) and call.takes_attempts for call in self.calls)

    @property
    def takes_proofs(self) -> bool:
        return any(isinstance(call, RequiredScope) and call.proof for call in self.calls)

    @property
    def scopes(self) -> set[Scope]:
        return {
            scope for call in self.calls if isinstance(call, RequiredScope) for scope in call.scopes
        }


def _calls(dependant: Dependant | None) -> Iterator[Any]:
    if dependant is not None:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from _calls(inner)


@pytest.fixture(scope="session")
def routes(apps) -> list[Route]:
    return [
        Route(
            service,
            context.name or "",
            context.path or "",
            frozenset(context.methods or ()),
            tuple(_calls(getattr(context, "dependant", None))),
            getattr(context, "endpoint", None),
        )
        for service, app in apps.items()
        for context in iter_route_contexts(app.routes)
    ]


@pytest.fixture(scope="session")
def documents(apps) -> list[dict[str, Any]]:
    return [app.openapi() for app in apps.values()]


def test_every_route_declares_a_scope_or_is_listed_as_open(routes):
    listed = OPEN_TO_ALL | BY_GRANT | BY_AGENT_SESSION | BY_ATTEMPT | BY_USER_SESSION | SIGNING_IN
    assert len(routes) > len(listed)

    assert [route for route in routes if not route.scopes and route.name not in listed] == []


def test_no_route_is_listed_as_open_for_nothing(routes):
    without_scope = {route.name for route in routes if not route.scopes}

    listed = OPEN_TO_ALL | BY_GRANT | BY_AGENT_SESSION | BY_ATTEMPT | BY_USER_SESSION | SIGNING_IN
    assert listed - without_scope == set()


def test_routes_of_an_agent_s_session_ask_for_its_token(routes):
    asking = {route.name for route in routes if _current_agent in route.calls}

    assert asking == BY_AGENT_SESSION


def test_one_route_takes_something_else_than_a_token_and_says_so(routes, documents):
    open_to_nobody = {
        operation["operationId"]
        for document in documents
        for item in document["paths"].values()
        for operation in item.values()
        if {} in operation.get("security", [])
    }

    assert {route.name for route in routes if route.takes_proofs} == BY_IDENTITY
    assert open_to_nobody == BY_IDENTITY


def test_tokens_of_attempts_are_taken_by_few_routes_and_each_guards(routes):
    taking = [route for route in routes if route.takes_attempts]

    assert {route.name for route in taking} == TAKES_ATTEMPTS
    assert [route for route in taking if not route.takes_limited] == []


def test_routes_of_a_user_s_session_ask_for_it(routes):
    asking = {route.name for route in routes if current_session in route.calls}

    assert asking == BY_USER_SESSION


def test_routes_by_grant_take_a_signature_that_cannot_be_left_out(apps):
    operations = {
        operation["operationId"]: operation
        for item in apps["scheduler"].openapi()["paths"].values()
        for operation in item.values()
    }
    required = {
        name: {given["name"] for given in operations[name]["parameters"] if given["required"]}
        for name in BY_GRANT
    }

    assert all({"expires", "signature"} <= names for names in required.values())


def test_reader_changes_nothing(routes):
    changing = [route for route in routes if route.methods & {"DELETE", "PATCH", "POST", "PUT"}]
    assert changing

    assert {route.name for route in changing if route.scopes == {Scope.READER}} == READING_POSTS


def test_every_route_of_submitters_and_readers_decides_about_limited_tokens(routes):
    concerned = [route for route in routes if route.scopes & {Scope.SUBMITTER, Scope.READER}]
    assert len(concerned) > len(REFUSES_LIMITED | TELLS_OF_NOBODY)

    refusing = {route.name for route in concerned if not route.takes_limited}
    assert refusing == REFUSES_LIMITED
    assert {route.name for route in routes if route.takes_limited} >= TELLS_OF_NOBODY


def test_routes_that_take_limited_tokens_pass_the_limits_on(routes):
    """Either the route reads them, or its path names what its guard checked."""
    forgetful = [
        route.name
        for route in routes
        if route.takes_limited
        and route.name not in TELLS_OF_NOBODY
        and not {"principal", "visibility"} & set(inspect.signature(route.endpoint).parameters)
        and not GUARDED_NAMES & set(re.findall(r"{(\w+)", route.path))
    ]

    assert forgetful == []


def test_every_path_is_dispatched_to_the_service_that_has_it(routes):
    wrong = [
        route
        for route in routes
        if route.name not in OPEN_TO_ALL and service_of(route.path) != route.service
    ]

    assert wrong == []


def test_paths_are_kebab_case_and_versioned(routes):
    fixed = [
        part
        for route in routes
        if route.name not in OPEN_TO_ALL
        for part in route.path.split("/")
        if not part.startswith("{")
    ]

    assert [part for part in fixed if part != part.lower() or "_" in part] == []


def test_operation_ids_are_unique_across_services(documents):
    operations = [
        operation["operationId"]
        for document in documents
        for path, item in document["paths"].items()
        if path not in {"/healthz", "/readyz", "/metrics"}
        for operation in item.values()
    ]

    assert sorted(operations) == sorted(set(operations))


def test_one_schema_name_means_one_thing(documents):
    seen: dict[str, Any] = {}
    twice = [
        name
        for document in documents
        for name, schema in document["components"]["schemas"].items()
        if seen.setdefault(name, schema) != schema
    ]

    assert twice == []


def test_merged_document_is_valid_and_has_every_path(documents):
    merged = merge_openapi(documents)
    validate(merged)

    assert set(merged["paths"]) == {path for document in documents for path in document["paths"]}


def test_document_is_printed_without_running_anything(documents, root):
    printed = subprocess.run(
        [sys.executable, "-m", "mlmon_standalone.openapi"],
        cwd=root,
        capture_output=True,
        check=True,
    )

    assert json.loads(printed.stdout) == merge_openapi(documents)


def test_every_operation_says_how_it_is_authorised(documents):
    listed = OPEN_TO_ALL | BY_GRANT | SIGNING_IN
    bare = [
        operation["operationId"]
        for document in documents
        for item in document["paths"].values()
        for operation in item.values()
        if not operation.get("security") and operation["operationId"] not in listed
    ]

    assert bare == []
