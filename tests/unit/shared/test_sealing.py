import base64
import os

import pytest

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.sealing import (
    Sealer,
    UnsealableError,
    Unsealer,
    encode_key,
    public_key_of,
    read_keys,
)
from mlmon_shared.wire.secrets import SealedSecret

PRIVATE, OTHER = os.urandom(32), os.urandom(32)


def sealed(name: str = "db", version: int = 3, value: str = "hunter2 ü") -> SealedSecret:
    sealer = Sealer(public_key_of(PRIVATE))
    box = sealer.seal(name, version, value)
    return SealedSecret(name=name, version=version, sealed_for=sealer.key_id, sealed=box)


def test_only_the_private_key_opens_a_box() -> None:
    assert Unsealer([OTHER, PRIVATE]).open(sealed()) == "hunter2 ü"
    with pytest.raises(UnsealableError, match="it is sealed to the key"):
        Unsealer([OTHER]).open(sealed())


def test_two_boxes_of_one_value_differ() -> None:
    assert sealed().sealed != sealed().sealed


@pytest.mark.parametrize("changed", [{"name": "other"}, {"version": 2}])
def test_box_does_not_pass_for_another_secret_or_version(changed: dict[str, object]) -> None:
    moved = sealed().model_copy(update=changed)

    with pytest.raises(UnsealableError, match="another secret, or another version"):
        Unsealer([PRIVATE]).open(moved)


def test_damaged_box_is_refused() -> None:
    whole = sealed()
    content = bytearray(base64.b64decode(whole.sealed))
    content[-1] ^= 1
    damaged = whole.model_copy(update={"sealed": base64.b64encode(content).decode()})

    with pytest.raises(UnsealableError, match="damaged"):
        Unsealer([PRIVATE]).open(damaged)


def test_keys_are_read_in_either_alphabet_of_base64() -> None:
    plain = base64.b64encode(OTHER).decode()

    assert read_keys(f"# new\n{encode_key(PRIVATE)}\n\n{plain}\n", name="X") == [PRIVATE, OTHER]


@pytest.mark.parametrize("text", ["", "# none\n", "abc\n", encode_key(bytes(16)), "%%%"])
def test_file_without_a_usable_key_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="X"):
        read_keys(text, name="X")
