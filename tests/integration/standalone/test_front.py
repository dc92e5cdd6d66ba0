"""One origin for several services: dispatching, and what is merged."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.http.applications import build_app
from mlmon_shared.testing.live_servers import live_server
from mlmon_standalone.front import (
    CONFIG_API,
    PREFIXES,
    REPORT_WRITER,
    SCHEDULER,
    create_front,
    in_other_process,
    in_process,
)
from mlmon_standalone.services import free_ports


@asynccontextmanager
async def nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


def make_app(name: str, *, version: str = "1.2.3") -> FastAPI:
    router = APIRouter()

    @router.get(f"{PREFIXES[name][0]}/{{rest:path}}", name=f"get_{name.replace('-', '_')}")
    async def get(rest: str, request: Request) -> dict[str, str]:
        return {"service": name, "path": request.url.path, "root": request.scope["root_path"]}

    app = build_app(title=name, version=version, lifespan=nothing, routers=[router])
    Counter(f"mlmon_{name.replace('-', '_')}_things", "Things.", registry=app.state.metrics).inc()
    return app


@asynccontextmanager
async def front_of(*apps: tuple[str, FastAPI], away: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Serve apps inside this process, and one service that is not there, on one origin."""
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(in_process(*app)) for app in apps]
        if away:
            url = f"http://127.0.0.1:{free_ports(1)[0]}"
            services.append(await stack.enter_async_context(in_other_process(away, url)))
        url = await stack.enter_async_context(live_server(create_front(services)))
        yield await stack.enter_async_context(open_http_client(base_url=url, timeout=30))


@pytest.fixture
async def front() -> AsyncIterator[httpx.AsyncClient]:
    names = (CONFIG_API, SCHEDULER, REPORT_WRITER)
    async with front_of(*((name, make_app(name)) for name in names)) as client:
        yield client


@pytest.mark.parametrize("name", [CONFIG_API, SCHEDULER, REPORT_WRITER])
async def test_request_reaches_the_service_of_its_prefix_unmodified(front, name):
    path = f"{PREFIXES[name][0]}/some/thing"
    answer = await front.get(path)

    assert answer.json() == {"service": name, "path": path, "root": ""}


async def test_path_of_nobody_is_a_problem_with_a_request_id(front):
    answer = await front.get("/v1/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:mlmon:problem:not-found"
    assert "/v1/nothing" in problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_problem_of_a_service_has_the_caller_s_request_id(front):
    answer = await front.delete("/v1/runs/r1", headers={"X-Request-Id": "mine-1"})

    assert (answer.status_code, answer.json()["request_id"]) == (405, "mine-1")
    assert answer.headers.get_list("x-request-id") == ["mine-1"]


async def test_health_is_good_while_every_service_lives(front):
    answer = await front.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": "1.2.3"})


async def test_health_is_bad_when_a_service_is_away():
    async with front_of((CONFIG_API, make_app(CONFIG_API)), away=SCHEDULER) as client:
        answer = await client.get("/healthz")

    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "unavailable", "version": "1.2.3"},
    )


async def test_readiness_names_every_service_s_dependencies():
    config_api, scheduler = make_app(CONFIG_API), make_app(SCHEDULER)

    async def well() -> None:
        return None

    async def unwell() -> str:
        return "Redis does not answer"

    config_api.state.readiness_checks = {"postgres": well}
    scheduler.state.readiness_checks = {"redis": unwell, "config-api": well}
    async with front_of((CONFIG_API, config_api), (SCHEDULER, scheduler)) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "dependencies": {
            "config-api/postgres": "ok",
            "scheduler/redis": "Redis does not answer",
            "scheduler/config-api": "ok",
        },
    }


async def test_readiness_is_good_when_everything_is(front):
    answer = await front.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_readiness_says_which_service_is_away():
    async with front_of((CONFIG_API, make_app(CONFIG_API)), away=SCHEDULER) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["dependencies"]["scheduler/service"].startswith(
        "scheduler does not answer: "
    )


async def test_readiness_outlives_a_check_that_raises():
    app = make_app(SCHEDULER)

    async def broken() -> str:
        raise RuntimeError("a bug")

    app.state.readiness_checks = {"redis": broken}
    async with front_of((SCHEDULER, app)) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert set(answer.json()["dependencies"]) == {"scheduler/service"}


@pytest.mark.parametrize("text", ["", "[]", "null", "oh no", '{"dependencies": 7}'])
async def test_readiness_outlives_an_answer_that_is_none_of_ours(text):
    async def answer_oddly(_: Request) -> Response:
        return PlainTextResponse(text, status_code=500)

    behind = Starlette(routes=[Route("/readyz", answer_oddly)])
    async with (
        live_server(behind) as url,
        in_other_process(SCHEDULER, url) as service,
        live_server(create_front([service])) as origin,
        open_http_client(base_url=origin, timeout=30) as client,
    ):
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["dependencies"] == {"scheduler/service": "answered 500"}


async def test_metrics_of_all_services_are_one_document(front):
    answer = await front.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert re.findall(r"^(mlmon_\w+_total) 1\.0$", answer.text, re.MULTILINE) == [
        "mlmon_config_api_things_total",
        "mlmon_scheduler_things_total",
        "mlmon_report_writer_things_total",
    ]


async def test_metrics_lack_only_the_service_that_is_away():
    async with front_of((CONFIG_API, make_app(CONFIG_API)), away=SCHEDULER) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert "mlmon_config_api_things_total 1.0" in answer.text


async def test_openapi_document_has_every_service_s_paths(front):
    paths = (await front.get("/openapi.json")).json()["paths"]

    assert {"/healthz", "/readyz", "/metrics"} < set(paths)
    assert {f"{PREFIXES[name][0]}/{{rest}}" for name in PREFIXES} < set(paths)


async def test_openapi_document_waits_for_the_service_that_is_away():
    async with front_of((CONFIG_API, make_app(CONFIG_API)), away=SCHEDULER) as client:
        answer = await client.get("/openapi.json")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_docs_page_and_its_files_come_from_this_origin(front):
    page = (await front.get("/docs")).text
    urls = re.findall(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""", page)
    named = {one or other for one, other in urls}
    answers = {url: (await front.get(url)).status_code for url in named}

    assert re.findall(r"""(?:https?:)?//[\w.-]+\.\w+""", page) == []
    assert "/openapi.json" in named
    assert len(named) == 4
    assert set(answers.values()) == {200}


async def test_root_leads_to_the_docs(front):
    answer = await front.get("/")

    assert (answer.is_redirect, answer.headers["location"]) == (True, "/docs")


async def test_service_inside_this_process_starts_and_stops_with_its_context():
    seen = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.begin_stop = lambda: seen.append("begin_stop")
        seen.append("start")
        yield
        seen.append("stop")

    app = build_app(title="x", version="1", lifespan=lifespan, routers=[])
    async with in_process(SCHEDULER, app) as service:
        service.begin_stop()

    assert seen == ["start", "begin_stop", "stop"]


async def test_services_inside_this_process_stream_too():
    is_first_seen = asyncio.Event()

    async def stream(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await is_first_seen.wait()
        await send({"type": "http.response.body", "body": b"two"})

    app = make_app(SCHEDULER)
    app.mount("/v1/batches", stream)
    async with front_of((SCHEDULER, app)) as client, client.stream("GET", "/v1/batches/") as answer:
        seen = answer.aiter_raw()
        first = await anext(seen)
        is_first_seen.set()
        rest = b"".join([piece async for piece in seen])

    assert (first, rest) == (b"one", b"two")
