"""Fixtures for every test, and what some kinds of test have in common."""

import signal
from collections.abc import Generator

import pytest
import structlog

pytest_plugins = ["mlmon_shared.testing.plugin"]

# A shell starts what it puts into the background with these ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# Services in this process log as our programs do: to draw a traceback with its locals takes 0.2 s.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


# The minutes that these take are not to be waited for at the end, while another process has nothing
# left to do.
_LONGEST = (
    "test_compose_docker.py",
    "faults/test_demo.py",
    "test_demo_docker.py",
    "e2e/test_demo.py",
    "test_two_agents.py",
)
_LONGEST_TIMEOUT = 420


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark what needs a Docker engine, and what breaks things on purpose; begin with the longest.

    Otherwise the order stays as others make it: random.
    """
    for item in items:
        path = item.path.as_posix()
        if "/faults/" in path and "/worker_agent/" not in path:
            item.add_marker(pytest.mark.faults)
        if "/docker/" in path or path.endswith("_docker.py") or "[docker" in item.name:
            item.add_marker(pytest.mark.containers)
        if path.endswith(_LONGEST):
            item.add_marker(pytest.mark.timeout(_LONGEST_TIMEOUT))
    yield
    items.sort(key=lambda item: not item.path.as_posix().endswith(_LONGEST))
