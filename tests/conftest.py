"""Fixtures for every test, and what some kinds of test have in common."""

import signal

import pytest

pytest_plugins = ["mlmon_shared.testing.plugin"]

# A shell starts what it puts into the background with these ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a Docker engine, and what breaks things on purpose."""
    for item in items:
        path = item.path.as_posix()
        if "/faults/" in path and "/worker_agent/" not in path:
            item.add_marker(pytest.mark.faults)
        if "/docker/" in path or path.endswith("_docker.py") or "[docker" in item.name:
            item.add_marker(pytest.mark.containers)
