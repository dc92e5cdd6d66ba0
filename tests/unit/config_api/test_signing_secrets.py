import os
from datetime import UTC, datetime

from mlmon_config_api.adapters.vaults import EnvelopeVault
from mlmon_config_api.adapters.wrapping_keys import FileKeys, WrappingKeys
from mlmon_config_api.application.signing_secrets import SigningSecrets
from mlmon_shared.sealing import Sealer, public_key_of

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SECRET = "whsec_c2lnbnM="


def a_vault(keys: list[WrappingKeys]) -> EnvelopeVault:
    return EnvelopeVault(keys, Sealer(public_key_of(os.urandom(32))))


async def test_opened_secret_is_kept_and_what_wraps_it_is_not_asked_again():
    keys: list[WrappingKeys] = [FileKeys([os.urandom(32)])]
    vault = a_vault(keys)
    secrets = SigningSecrets(vault)
    stored = {"chat": [await secrets.protect("chat", SECRET, now=NOW)]}
    await secrets.open_all(stored)
    keys[0] = FileKeys([os.urandom(32)])

    again = await secrets.open_all(stored)
    anew = await SigningSecrets(vault).open_all(stored)

    assert [each.secret for each in again["chat"]] == [SECRET]
    assert anew == {"chat": []}


async def test_what_is_no_longer_stored_is_no_longer_kept():
    keys: list[WrappingKeys] = [FileKeys([os.urandom(32)])]
    secrets = SigningSecrets(a_vault(keys))
    stored = {"chat": [await secrets.protect("chat", SECRET, now=NOW)]}
    await secrets.open_all(stored)
    keys[0] = FileKeys([os.urandom(32)])

    await secrets.open_all({})

    assert await secrets.open_all(stored) == {"chat": []}


async def test_secret_of_one_webhook_is_not_another_s():
    secrets = SigningSecrets(a_vault([FileKeys([os.urandom(32)])]))
    protected = await secrets.protect("chat", SECRET, now=NOW)

    opened = await secrets.open_all({"pager": [protected], "chat": [protected]})

    assert {name: len(found) for name, found in opened.items()} == {"pager": 0, "chat": 1}
