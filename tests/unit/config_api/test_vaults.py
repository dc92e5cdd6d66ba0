import asyncio
import base64
import os
from dataclasses import replace

import pytest

from mlmon_config_api.adapters.vaults import EnvelopeVault
from mlmon_config_api.adapters.wrapping_keys import FileKeys
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.sealing import Sealer, public_key_of

OLD, NEW = os.urandom(32), os.urandom(32)


def vault(*keys: bytes) -> EnvelopeVault:
    return EnvelopeVault([FileKeys(keys)], Sealer(public_key_of(os.urandom(32))))


def test_value_comes_out_of_its_envelope_and_is_not_seen_in_it() -> None:
    envelope = asyncio.run(vault(OLD).protect("db", "hunter2"))

    assert asyncio.run(vault(OLD).reveal("db", envelope)) == "hunter2"
    assert "hunter2" not in base64.b64decode(envelope.ciphertext).decode(errors="replace")


def test_equal_values_make_unlike_envelopes() -> None:
    one, other = (asyncio.run(vault(OLD).protect("db", "hunter2")) for _ in range(2))

    assert {one.wrapped, one.nonce, one.ciphertext}.isdisjoint(
        {other.wrapped, other.nonce, other.ciphertext}
    )


def test_envelope_of_one_secret_does_not_open_as_another() -> None:
    envelope = asyncio.run(vault(OLD).protect("db", "hunter2"))

    with pytest.raises(ConfigurationError, match='"other" was damaged'):
        asyncio.run(vault(OLD).reveal("other", envelope))


def test_changed_ciphertext_is_refused() -> None:
    envelope = asyncio.run(vault(OLD).protect("db", "hunter2"))
    content = bytearray(base64.b64decode(envelope.ciphertext))
    content[0] ^= 1
    damaged = replace(envelope, ciphertext=base64.b64encode(content).decode())

    with pytest.raises(ConfigurationError, match="damaged"):
        asyncio.run(vault(OLD).reveal("db", damaged))


def test_rewrapped_envelope_opens_by_the_new_key_alone() -> None:
    envelope = asyncio.run(vault(OLD).protect("db", "hunter2"))

    rewrapped = asyncio.run(vault(NEW, OLD).rewrap("db", envelope))

    assert rewrapped.ciphertext == envelope.ciphertext
    assert asyncio.run(vault(NEW).reveal("db", rewrapped)) == "hunter2"
    with pytest.raises(ConfigurationError, match="is not there; add it"):
        asyncio.run(vault(OLD).reveal("db", rewrapped))
