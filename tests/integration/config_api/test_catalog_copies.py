"""The copy that is read without PostgreSQL, beside what PostgreSQL answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mlmon_config_api.adapters.memory.catalogs import CopiedCatalog
from mlmon_config_api.adapters.postgres.catalogs import PostgresCatalogStore
from mlmon_config_api.adapters.postgres.engines import create_engine
from mlmon_config_api.application.catalog_copies import NOT_COPIED, take_copy, versions_kept
from mlmon_config_api.application.ports import AuditQuery, Catalog, PageRequest
from mlmon_shared.errors import StoreUnavailableError

from .conftest import a_definition, a_pool, apply
from .test_users import PASSWORD

Ask = Callable[[Catalog], Awaitable[Any]]
PAGES = [
    PageRequest(limit=2),
    PageRequest(limit=2, after="bolt"),
    PageRequest(limit=10, prefix="b"),
    PageRequest(limit=10, prefix="_"),
    PageRequest(limit=10, names=["coda", "nobody"]),
]
READS: list[Ask] = [
    lambda catalog: catalog.get_revision(),
    *(lambda catalog, page=page: catalog.clients.list_page(page) for page in PAGES),
    lambda catalog: catalog.clients.list_page(PageRequest(limit=10, labels={"tier": "gold"})),
    lambda catalog: catalog.clients.list_all(),
    lambda catalog: catalog.clients.find("acme"),
    lambda catalog: catalog.clients.find("nobody"),
    lambda catalog: catalog.pools.list_all(),
    lambda catalog: catalog.resources.list_page(PageRequest(limit=10)),
    lambda catalog: catalog.definitions.find("score"),
    lambda catalog: catalog.definitions.find("score", 2),
    lambda catalog: catalog.definitions.find("score", 1),
    lambda catalog: catalog.definitions.find("score", 3),
    lambda catalog: catalog.definitions.find("score", 4),
    lambda catalog: catalog.definitions.find("old", 1),
    lambda catalog: catalog.definitions.find("nothing"),
    lambda catalog: catalog.definitions.list_versions("score", before=None, limit=2),
    lambda catalog: catalog.definitions.list_versions("score", before=3, limit=5),
    lambda catalog: catalog.definitions.list_versions("old", before=None, limit=5),
    lambda catalog: catalog.definitions.list_versions("nothing", before=None, limit=5),
    lambda catalog: catalog.webhooks.find("chat"),
    lambda catalog: catalog.webhooks.list_all(),
    lambda catalog: catalog.webhooks.list_page(PageRequest(limit=1, after="a")),
    lambda catalog: catalog.webhooks.list_secrets(["chat", "nobody"]),
    lambda catalog: catalog.users.list_page(limit=1, after=None, prefix=""),
    lambda catalog: catalog.users.list_page(limit=5, after="ann", prefix=""),
    lambda catalog: catalog.users.list_page(limit=5, after=None, prefix="b"),
    lambda catalog: catalog.users.find("ann"),
    lambda catalog: catalog.users.find("nobody"),
    lambda catalog: catalog.definitions.list_page(PageRequest(limit=10), with_archived=True),
    lambda catalog: catalog.definitions.list_page(PageRequest(limit=10), with_archived=False),
    lambda catalog: catalog.definitions.list_current(),
    lambda catalog: catalog.definitions.list_archived(),
    lambda catalog: catalog.rollouts.find_pin("score", "acme"),
    lambda catalog: catalog.rollouts.find_pin("score", "coda"),
    lambda catalog: catalog.rollouts.list_pins("score", PageRequest(limit=1, after="acme")),
    lambda catalog: catalog.rollouts.list_pinned("score"),
    lambda catalog: catalog.rollouts.list_all_pins(),
    lambda catalog: catalog.rollouts.find_canary("score"),
    lambda catalog: catalog.rollouts.list_all_canaries(),
    lambda catalog: catalog.rollouts.list_definitions(),
    lambda catalog: catalog.paused_clients.find(["acme", "bolt"]),
    lambda catalog: catalog.paused_clients.list_all(),
    lambda catalog: catalog.paused_schedules.list_all(),
    lambda catalog: catalog.secrets.list_all(),
    lambda catalog: catalog.tokens.list_all(),
    lambda catalog: catalog.tokens.list_page(PageRequest(limit=1)),
    lambda catalog: catalog.tokens.find_by_name("bootstrap-admin"),
    lambda catalog: catalog.tokens.find_by_sha256("0" * 64),
]
NOT_THERE: list[Ask] = [
    lambda catalog: catalog.definitions.get_newest_version("score"),
    lambda catalog: catalog.audit.list_page(AuditQuery(limit=1)),
    lambda catalog: catalog.tokens.was_revoked("token"),
    lambda catalog: catalog.clients.save([], now=datetime.now(UTC), by="sam"),
    lambda catalog: catalog.record([]),
    lambda catalog: catalog.webhooks.delete("chat"),
    lambda catalog: catalog.users.delete("ann"),
    lambda catalog: catalog.sessions.list_of("ann"),
]


@pytest_asyncio.fixture
async def stocked(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A catalog that has something of everything."""
    for name, tier in (("acme", "gold"), ("bolt", "silver"), ("coda", "gold")):
        await api.put(f"/v1/clients/{name}", json={"name": name, "labels": {"tier": tier}})
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    await api.put("/v1/resources/warehouse", json={"name": "warehouse", "capacity": 3})
    for priority in (1, 2):
        await apply(api, a_definition("score", priority=priority))
    await apply(api, a_definition("score", priority=3), params={"canary_percent": "10"})
    await apply(api, a_definition("old"))
    answers = [
        await api.post("/v1/job-definitions/old/archive"),
        await api.put("/v1/job-definitions/score/pins/acme", json={"version": 1}),
        await api.put("/v1/job-definitions/score/pins/bolt", json={"version": 1}),
        await api.post("/v1/clients/acme/pause", json={"reason": "unpaid"}),
        await api.put(
            "/v1/webhooks/chat",
            json={"name": "chat", "url": "https://example.com/chat", "events": ["run.failed"]},
        ),
        await api.put("/v1/users/ann", json={"name": "ann", "roles": ["author"]}),
        await api.put("/v1/users/bob", json={"name": "bob", "roles": ["reader"]}),
    ]
    assert [answer.is_success for answer in answers] == [True] * len(answers)
    return api


@pytest.mark.usefixtures("stocked")
async def test_copy_answers_as_the_store_does_or_says_that_it_cannot(database_url: str) -> None:
    async with opened(database_url) as store, store.read() as catalog:
        copy = CopiedCatalog(await take_copy(catalog, datetime.now(UTC)))
        for number, ask in enumerate(READS):
            assert await ask(copy) == await ask(catalog), number
    for ask in NOT_THERE:
        with pytest.raises(StoreUnavailableError, match="not in the copy"):
            await ask(copy)


@pytest.mark.usefixtures("stocked")
async def test_hash_of_a_password_is_not_in_the_copy(
    api: httpx.AsyncClient, database_url: str
) -> None:
    changed = await api.put("/v1/users/ann/password", json={"password": PASSWORD})
    assert changed.status_code == 204
    async with opened(database_url) as store, store.read() as catalog:
        copy = CopiedCatalog(await take_copy(catalog, datetime.now(UTC)))

    ann, bob = await copy.users.list_page(limit=5, after=None, prefix="")

    assert (ann.password_hash, bob.password_hash) == (NOT_COPIED, None)


async def test_copy_has_the_newest_versions_and_says_where_it_ends(
    api: httpx.AsyncClient, database_url: str
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    for priority in range(1, 54):
        await apply(api, a_definition("score", priority=priority))
    async with opened(database_url) as store:
        async with store.read() as catalog:
            first = await take_copy(catalog, datetime.now(UTC))
        await apply(api, a_definition("score", priority=99))
        await apply(api, a_definition("other"))
        async with store.read() as catalog:
            copied = await take_copy(catalog, datetime.now(UTC), known=first)
    definitions = CopiedCatalog(copied).definitions

    page = await definitions.list_versions("score", before=None, limit=51)

    assert [each.version for each in page] == list(range(54, 3, -1))
    assert (await definitions.find("score", 4)) == page[-1]
    for beyond in (
        definitions.find("score", 3),
        definitions.list_versions("score", before=4, limit=1),
        definitions.list_versions("score", before=10, limit=51),
    ):
        with pytest.raises(StoreUnavailableError):
            await beyond


def test_versions_in_the_copy_are_bounded() -> None:
    assert [versions_kept(jobs) for jobs in (0, 24, 500, 100_000)] == [51, 51, 10, 2]


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[PostgresCatalogStore]:
    engine = create_engine(database_url, connect_timeout_seconds=3, pool_size=1)
    try:
        yield PostgresCatalogStore(engine)
    finally:
        await engine.dispose()
