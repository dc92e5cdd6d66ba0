"""The artifact store of the scripted scheduler."""

from typing import Protocol

from fastapi import FastAPI, Request, Response

from mlmon_shared.errors import PreconditionFailedError


class Files(Protocol):
    """What is in the store, by path."""

    uploads: dict[str, bytes]
    upload_headers: dict[str, dict[str, str]]
    downloads: dict[str, bytes]


def serve_files(app: FastAPI, scheduler: Files) -> None:
    """Give and take files by the grants of the scripted scheduler."""

    @app.get("/files/agents/{version}")
    async def release(version: str, request: Request) -> Response:
        assert "Authorization" not in request.headers
        content = scheduler.downloads.get(f"agents/{version}")
        return Response(content) if content is not None else Response(status_code=404)

    @app.get("/files/download/{path:path}")
    async def download(path: str, request: Request) -> Response:
        assert request.headers["X-Grant"] == "granted"
        assert "Authorization" not in request.headers
        return Response(scheduler.downloads[path])

    @app.put("/files/archive/{path:path}")
    @app.put("/files/upload/{path:path}")
    async def upload(path: str, request: Request) -> Response:
        assert request.headers["X-Grant"] == "granted"
        assert "Authorization" not in request.headers
        body = await request.body()
        # As of a store that overwrites nothing.
        if path.startswith("log/") and scheduler.uploads.get(path, body) != body:
            raise PreconditionFailedError("another content is there")
        scheduler.uploads[path] = body
        scheduler.upload_headers[path] = dict(request.headers)
        return Response(status_code=201)
