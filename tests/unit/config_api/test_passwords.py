import argon2
import pytest

from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_config_api.domain.passwords import find_password_fault

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 300,
        "aaaaaaaaaaaaaaa",
        "Password1234!",
        "P@ssw0rd!2026",
        "qwertyuiop12",
        "123456789012",
        "ann.smith-2026",
        "abcdefghijklmnop",
        "Welcome2026!!!",
    ],
)
def test_password_that_is_guessed_first_is_refused(password):
    assert find_password_fault(password, name="ann.smith") is not None


@pytest.mark.parametrize("password", ["tulip orbit seven", "kX9-vv2!mQpl", "пароль надёжный"])
def test_password_of_some_words_or_signs_is_taken(password):
    assert find_password_fault(password, name="ann") is None


async def test_hash_is_argon2id_and_verifies_only_its_password():
    hasher = Argon2Hasher(CHEAP)

    password_hash = await hasher.hash("tulip orbit seven")

    assert password_hash.startswith("$argon2id$")
    assert await hasher.verify(password_hash, "tulip orbit seven")
    assert not await hasher.verify(password_hash, "tulip orbit eight")
    assert not await hasher.verify("nonsense", "tulip orbit seven")
    assert not await hasher.verify(None, "tulip orbit seven")


async def test_hash_of_weaker_parameters_is_outdated():
    weak = await Argon2Hasher(CHEAP).hash("tulip orbit seven")

    assert Argon2Hasher().is_outdated(weak)
    assert not Argon2Hasher(CHEAP).is_outdated(weak)
