"""Fixtures that every test may ask for: real servers, an isolated store, clock and ids.

The servers start when first asked for, one of each per pytest (or xdist worker)
process, and die with it. Load it in `tests/conftest.py` by
`pytest_plugins = ["mlmon_shared.testing.plugin"]`.
"""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.postgres_clusters import copy_cluster

_database_numbers = itertools.count(1)


@contextlib.contextmanager
def temporary_server_folder() -> Iterator[Path]:
    """Yield a new folder whose path is short enough for sockets and open to other users.

    pytest's own `tmp_path` is neither: PostgreSQL, which runs as another user when the
    tests run as root, could not enter it.
    """
    folder = Path(tempfile.mkdtemp(prefix="mlmon-test-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A short-lived folder for a test that starts servers of its own."""
    with temporary_server_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """A running Valkey that forgets; tests share it, so use `redis_url` for isolation."""
    with (
        temporary_server_folder() as folder,
        EmbeddedValkey(folder / "valkey", is_persistent=False) as server,
    ):
        yield server


@pytest.fixture
def redis_url(valkey_server: EmbeddedValkey) -> str:
    """URL of an empty Valkey."""
    assert valkey_server.command("FLUSHALL SYNC") == "+OK"
    return valkey_server.url


@pytest_asyncio.fixture
async def redis_client(redis_url: str) -> AsyncIterator[Redis]:
    """An open client of an empty Valkey; answers are str."""
    client = Redis.from_url(redis_url, decode_responses=True)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[EmbeddedPostgres]:
    """A stopped server with an empty cluster, for `copy_cluster`."""
    with temporary_server_folder() as folder:
        server = EmbeddedPostgres(folder / "postgres", fsync=False)
        with server:
            pass
        yield server


@pytest.fixture(scope="session")
def postgres_server(postgres_template: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL without fsync; use `postgres_dsn` for a database of one's own."""
    with temporary_server_folder() as folder:
        copy_cluster(postgres_template, folder / "postgres")
        with EmbeddedPostgres(folder / "postgres", fsync=False) as server:
            yield server


@pytest.fixture
def own_postgres(
    postgres_template: EmbeddedPostgres, server_folder: Path
) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL that the test may stop."""
    copy_cluster(postgres_template, server_folder / "postgres")
    with EmbeddedPostgres(server_folder / "postgres", fsync=False) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """Name of a new, empty database, dropped after the test with all its connections."""
    name = f"test_{os.getpid()}_{next(_database_numbers)}"
    postgres_server.create_database(name)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def postgres_dsn(postgres_server: EmbeddedPostgres, postgres_database: str) -> str:
    """SQLAlchemy (asyncpg) URL of a new, empty database."""
    return postgres_server.dsn(postgres_database)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until the test advances it."""
    return FakeClock()


@pytest.fixture
def ids(clock: FakeClock) -> SequentialIds:
    """Identifiers in order, whose times are the fake clock's."""
    return SequentialIds(clock)
