"""What signs webhooks' messages, where it is stored."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.sealing import fingerprint
from mlmon_shared.testing.polling import eventually
from tests.integration.config_api.conftest import make_settings
from tests.integration.config_api.secrets.conftest import (
    put_webhook,
    signing,
    webhook_wrapped_by,
    write_keys,
)


@pytest.fixture
def stored(postgres_server: EmbeddedPostgres, config_database: str) -> Callable[[], list[str]]:
    """What PostgreSQL has of them, each row in one text."""
    query = "SELECT webhook_secrets::text FROM webhook_secrets"
    return lambda: [str(row[0]) for row in postgres_server.execute(query, database=config_database)]


async def test_stored_secrets_of_a_webhook_show_nothing_and_open_for_who_signs(
    settings: ConfigApiSettings, keys: Path, stored: Callable[[], list[str]], serving: Any
) -> None:
    key = os.urandom(32)
    write_keys(keys, key)
    async with serving(settings) as api:
        first = await put_webhook(api)
        second = (await api.post("/v1/webhooks/chat/rotate", json={})).json()["secret"]
        rows = stored()
        given = await signing(api)
        names = await webhook_wrapped_by(api)

    assert len(rows) == 2
    for secret in (first, second):
        assert not any(secret in row or secret.removeprefix("whsec_") in row for row in rows)
    assert given == {"chat": [second, first]}
    assert names == [fingerprint(key)]


async def test_what_was_stored_plain_is_encrypted_and_later_keys_wrap_it_anew(
    settings: ConfigApiSettings,
    keys: Path,
    database_url: str,
    stored: Callable[[], list[str]],
    serving: Any,
) -> None:
    old, new = os.urandom(32), os.urandom(32)
    async with serving(make_settings(database_url)) as api:
        secret = await put_webhook(api)
        plain = stored(), await webhook_wrapped_by(api)
        before = (await api.get("/v1/webhooks/chat")).headers["ETag"]
    for file in ([old], [new, old]):
        write_keys(keys, *file)
        async with serving(settings) as api:

            async def is_wrapped(api: httpx.AsyncClient = api, key: bytes = file[0]) -> bool:
                return await webhook_wrapped_by(api) == [fingerprint(key)]

            await eventually(is_wrapped)
    write_keys(keys, new)
    async with serving(settings) as api:
        given = await signing(api)
        rows = stored()
        etag = (await api.get("/v1/webhooks/chat")).headers["ETag"]

    assert secret in plain[0][0]
    assert plain[1] == []
    assert given == {"chat": [secret]}
    assert secret not in rows[0]
    assert etag == before


async def test_lost_key_costs_the_webhook_its_signature_until_it_is_rotated(
    settings: ConfigApiSettings, keys: Path, serving: Any
) -> None:
    lost, kept = os.urandom(32), os.urandom(32)
    secrets = {}
    for key, name in ((lost, "lost"), (kept, "kept")):
        write_keys(keys, key)
        async with serving(settings) as api:
            secrets[name] = await put_webhook(api, name)
    write_keys(keys, os.urandom(32), kept)

    async with serving(settings) as api:
        before = await signing(api)
        rotated = (await api.post("/v1/webhooks/lost/rotate", json={})).json()["secret"]
        after = await signing(api)

    assert before == {"lost": [], "kept": [secrets["kept"]]}
    assert after == {"lost": [rotated], "kept": [secrets["kept"]]}
