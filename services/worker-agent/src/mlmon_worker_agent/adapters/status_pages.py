"""The status page: HTTP on loopback, in a thread, so that it answers also when a loop hangs."""

import html
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Final

from mlmon_shared.errors import ConfigurationError
from mlmon_worker_agent.application.agent_status import AgentStatus

_ADDRESS: Final = "127.0.0.1"
_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
_READ_SECONDS: Final = 5.0
_STYLE: Final = (
    "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #ccc;padding:.3em .8em;text-align:left}"
)


@contextmanager
def serve_status(port: int, describe: Callable[[], AgentStatus]) -> Iterator[None]:
    """Serve `/` (HTML) and `/status` (JSON) on 127.0.0.1; nothing at all when the port is 0.

    Raises:
        ConfigurationError: The port cannot be had.
    """
    if port == 0:
        yield
        return
    handler = type("_Handler", (_StatusHandler,), {"describe": staticmethod(describe)})
    try:
        server = ThreadingHTTPServer((_ADDRESS, port), handler)
    except OSError as error:
        raise ConfigurationError(
            f"MLMON_AGENT_STATUS_PORT: cannot listen on {_ADDRESS}:{port}: {error.strerror}; "
            "choose another, or 0 for none"
        ) from error
    thread = Thread(target=server.serve_forever, name="status-page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _StatusHandler(BaseHTTPRequestHandler):
    describe: ClassVar[Callable[[], AgentStatus]]
    timeout = _READ_SECONDS

    def do_GET(self) -> None:
        # A page of another site must not read this one by a name that leads to 127.0.0.1.
        if self.headers.get("Host", "").rpartition(":")[0] not in _HOSTS:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "ask 127.0.0.1 or localhost\n")
        elif self.path == "/status":
            document = type(self).describe().as_document()
            text = json.dumps(document, indent=2, default=_plain) + "\n"
            self._answer(HTTPStatus.OK, "application/json", text)
        elif self.path == "/":
            document = type(self).describe().as_document()
            self._answer(HTTPStatus.OK, "text/html", render_page(document))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "nothing here: / or /status\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is theirs
        """Log nothing: who looks at this page is of no interest."""

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)


def render_page(document: dict[str, Any]) -> str:
    """Return a status document as one page of HTML."""
    host, version = html.escape(document["host"]), html.escape(document["version"])
    refusing = ""
    if document["is_draining"] or document["refusal"]:
        reasons = [document["drain_reason"], document["refusal"]]
        told = ["It takes no new attempts.", *filter(None, reasons)]
        refusing = f" {html.escape(' '.join(told))}"
    if document["update_fault"]:
        fault = f"It is not the release of its pool: {document['update_fault']}"
        refusing += f" {html.escape(fault)}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" '
        f'content="5"><title>mlmon-agent on {host}</title><style>{_STYLE}</style>'
        f"<h1>mlmon-agent on {host}</h1><p>Version {version}, up since "
        f"{_plain(document['started_at'])}.{refusing}</p>"
        f"<h2>Loops</h2>{_table(document['loops'], 'No loop runs.')}"
        f"<h2>Attempts</h2>{_table(document['attempts'], 'None is held.')}"
        f"<h2>GPUs</h2>{_table(document['gpus'], 'None is offered.')}</html>"
    )


def _table(rows: list[dict[str, Any]], nothing: str) -> str:
    if not rows:
        return f"<p>{nothing}</p>"
    heads = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in rows[0])
    lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in rows)
    return f"<table><tr>{heads}</tr>{lines}</table>"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = _plain(value) if isinstance(value, datetime) else "" if value is None else str(value)
    return f"<td>{html.escape(text)}</td>"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    raise TypeError(f"no JSON for {type(value).__name__}")
