"""What a caller and a log hear of a bug of ours."""

import httpx
from fastapi import APIRouter
from structlog.testing import capture_logs

from mlmon_shared.http.applications import build_app


async def test_log_has_a_bug_under_the_id_that_the_answer_names() -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret is 1234")

    app = build_app(title="service", version="1", lifespan=None, routers=[router])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        with capture_logs() as logs:
            answer = await client.get("/broken", headers={"X-Request-Id": "asked-by-a-test"})

    assert (answer.status_code, answer.json()["request_id"]) == (500, "asked-by-a-test")
    assert answer.headers["X-Request-Id"] == "asked-by-a-test"
    assert "1234" not in answer.text
    (line,) = (line for line in logs if line["log_level"] == "error")
    assert (line["request_id"], line["method"], line["path"]) == (
        "asked-by-a-test",
        "GET",
        "/broken",
    )
