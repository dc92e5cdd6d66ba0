import asyncio
import os
from pathlib import Path
from typing import Any

from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.sealing import Sealer, Unsealer, encode_key, public_key_of
from mlmon_shared.testing.polling import eventually
from tests.integration.config_api.conftest import faults_of
from tests.integration.config_api.secrets.conftest import (
    VALUE,
    opened,
    put,
    put_webhook,
    sealed,
    signing,
    webhook_wrapped_by,
    wrapped_by,
    write_keys,
)


async def test_replaced_keys_wrap_and_seal_anew_at_start(
    settings: ConfigApiSettings,
    keys: Path,
    serving: Any,
) -> None:
    old, new, private = os.urandom(32), os.urandom(32), os.urandom(32)
    write_keys(keys, old)
    async with serving(settings) as api:
        await put(api, value=VALUE)
        before = await sealed(api)
        wrapped_before = await wrapped_by(api)
    write_keys(keys, new, old)
    public_key = public_key_of(private)
    changed = settings.model_copy(update={"scheduler_public_key": encode_key(public_key)})

    async with serving(changed) as api:

        async def is_done() -> bool:
            return await wrapped_by(api) != wrapped_before

        await eventually(is_done)
        after = await sealed(api)
    write_keys(keys, new)
    async with serving(settings) as api:

        async def is_back() -> bool:
            return (await sealed(api)).sealed_for == before.sealed_for

        # The old key is gone: what is opened now was wrapped by the new one.
        await eventually(is_back)
        events = (await api.get("/v1/audit-events", params={"kind": "secret"})).json()["items"]

    assert Unsealer([private]).open(after) == VALUE
    assert after.version == before.version
    assert [(event["action"], event["by"]) for event in events] == [
        ("sealed", "settings"),
        ("sealed", "settings"),
        ("created", "bootstrap-admin"),
    ]


async def test_kms_wraps_what_a_file_s_key_wrapped(
    settings: ConfigApiSettings,
    aws: str,
    with_aws: Any,
    serving: Any,
) -> None:
    key = (await asyncio.to_thread(with_aws("kms").create_key))["KeyMetadata"]["KeyId"]
    async with serving(settings) as api:
        await put(api, value=VALUE)
        signs = await put_webhook(api)
    both = settings.model_copy(update={"secrets_kms_key": key, "aws_endpoint_url": aws})
    async with serving(both) as api:

        async def is_rewrapped() -> bool:
            of_webhook = await webhook_wrapped_by(api)
            return {await wrapped_by(api), *of_webhook} == {f"kms:{key}"}

        await eventually(is_rewrapped)
        await put(api, "second", value="of KMS")
    private = os.urandom(32)
    kms = both.model_copy(
        update={
            "secrets_key_file": None,
            "scheduler_public_key": encode_key(public_key_of(private)),
        }
    )

    # Sealing to another key needs the values, which KMS alone gives now.
    async with serving(kms) as api:

        async def are_resealed() -> bool:
            boxes = [await sealed(api, name) for name in ("db", "second")]
            return not {box.sealed_for for box in boxes} - {Sealer(public_key_of(private)).key_id}

        await eventually(are_resealed)
        opener = Unsealer([private])
        values = [opener.open(await sealed(api, name)) for name in ("db", "second")]
        given = await signing(api)

    assert values == [VALUE, "of KMS"]
    assert given == {"chat": [signs]}


async def test_values_are_fetched_from_aws_and_followed(
    settings: ConfigApiSettings,
    aws: str,
    with_aws: Any,
    serving: Any,
) -> None:
    ssm, manager = with_aws("ssm"), with_aws("secretsmanager")
    await asyncio.to_thread(ssm.put_parameter, Name="/db/url", Value="one", Type="SecureString")
    await asyncio.to_thread(manager.create_secret, Name="db-key", SecretString="key one")
    there = settings.model_copy(update={"aws_endpoint_url": aws})

    async with serving(there) as api:
        await put(api, source="ssm:/db/url")
        await put(api, "key", source="secretsmanager:db-key")
        first = await opened(api), await opened(api, "key")
        await asyncio.to_thread(
            ssm.put_parameter, Name="/db/url", Value="two", Type="SecureString", Overwrite=True
        )

        async def is_followed() -> bool:
            return await opened(api) == "two"

        await eventually(is_followed)
        await asyncio.to_thread(ssm.delete_parameter, Name="/db/url")

        async def is_told() -> bool:
            return bool((await api.get("/v1/secrets/db")).json()["problem"])

        await eventually(is_told)
        found = (await api.get("/v1/secrets/db")).json()
        kept = await opened(api)
        events = (await api.get("/v1/audit-events", params={"name": "db"})).json()["items"]

    assert first == ("one", "key one")
    assert found["problem"].startswith("ssm:/db/url: ParameterNotFound")
    assert (found["version"], found["source"], kept) == (2, "ssm:/db/url", "two")
    assert [(event["action"], event["by"]) for event in events] == [
        ("rotated", "ssm"),
        ("created", "bootstrap-admin"),
    ]


async def test_source_that_has_no_value_is_refused_with_its_reason(
    settings: ConfigApiSettings,
    aws: str,
    with_aws: Any,
    serving: Any,
) -> None:
    there = settings.model_copy(update={"aws_endpoint_url": aws})
    nowhere = settings.model_copy(update={"aws_endpoint_url": "http://127.0.0.1:9"})

    async with serving(there) as api:
        missing = faults_of(await put(api, source="secretsmanager:nobody"))
    async with serving(nowhere) as api:
        away = await put(api, source="ssm:/db/url")

    assert missing["/source"].startswith("secretsmanager:nobody: ResourceNotFoundException")
    assert away.status_code == 503
    assert "ssm:/db/url: EndpointConnectionError" in away.json()["detail"]


async def test_lost_key_keeps_no_other_secret_from_being_rekeyed(
    settings: ConfigApiSettings, keys: Path, serving: Any
) -> None:
    lost, kept = os.urandom(32), os.urandom(32)
    for key, name in ((lost, "a-lost"), (kept, "b-kept")):
        write_keys(keys, key)
        async with serving(settings) as api:
            await put(api, name, value=VALUE)
            before = await wrapped_by(api, name)
    write_keys(keys, os.urandom(32), kept)

    async with serving(settings) as api:

        async def is_rewrapped() -> bool:
            return await wrapped_by(api, "b-kept") != before

        await eventually(is_rewrapped)
        # It is set again as any other is.
        again = await put(api, "a-lost", value="another")

    assert again.json()["version"] == 2
