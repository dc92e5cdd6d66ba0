"""Run a service's app under uvicorn, as its `__main__` does."""

import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from mlmon_shared.errors import MlmonError
from mlmon_shared.logs import configure_logs
from mlmon_shared.settings import ServiceSettings, explain_settings

_COLLECTED_AFTER: Final = (20_000, 10, 200)
"""New objects, and collections of the younger generation, before one of the next."""
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def serve(
    service: str,
    settings_class: type[SettingsT],
    create_app: Callable[[SettingsT], FastAPI],
    *,
    prepare: Callable[[SettingsT], None] | None = None,
) -> int:
    """Serve until a signal comes; return the exit status.

    Args:
        service: Name for log lines.
        settings_class: Read from the environment.
        create_app: Builds the app.
        prepare: Runs first, for example the migrations.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        prefix = str(settings_class.model_config.get("env_prefix", ""))
        sys.stderr.write(f"{service}: {explain_settings(error, prefix)}\n")
        return os.EX_CONFIG
    configure_logs(log_format=settings.log_format, level=settings.log_level, service=service)
    try:
        if prepare is not None:
            prepare(settings)
        app = create_app(settings)
    except MlmonError as error:
        sys.stderr.write(f"{service}: {error.detail}\n")
        return os.EX_CONFIG
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
        )
    )
    _allow_connections()
    _collect_seldom()
    server.run()
    return 0 if server.started else 1


def _allow_connections() -> None:
    """Take all open files that are allowed: an agent has two, and shells begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _collect_seldom() -> None:
    """Have Python look for circular garbage less often.

    A collection looks at every object that lives, and a service of many parked requests has
    millions that it finds alive each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


class _Server(uvicorn.Server):
    """uvicorn that tells the app when it stops, and ends with status 0 after a signal."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at SIGINT and SIGTERM; unlike uvicorn, do not raise the signal again."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; parked requests are answered at once."""
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.begin_stop()
        super().handle_exit(sig, frame)
