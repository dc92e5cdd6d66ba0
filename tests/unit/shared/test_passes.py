from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from mlmon_shared.http.passes import LIFETIME, PREFIX, PassSigner, read_pass
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN = Principal("s-1", "ann", frozenset({Scope.OPERATOR, Scope.READER}))


@pytest.fixture(scope="module")
def signer() -> PassSigner:
    return PassSigner("k-1", NOW + timedelta(days=1))


def test_pass_says_who_asks_and_what_they_may(signer):
    given = signer.sign(ANN, now=NOW)

    assert read_pass(given, [signer.public], now=NOW + timedelta(seconds=30)) == ANN


def test_pass_ends_after_a_minute_and_with_its_key(signer):
    given = signer.sign(ANN, now=NOW)
    late = signer.sign(ANN, now=NOW + timedelta(days=1))

    assert read_pass(given, [signer.public], now=NOW + LIFETIME) is None
    assert read_pass(late, [signer.public], now=NOW + timedelta(days=1)) is None


def test_pass_never_carries_what_people_do_not_have(signer):
    given = signer.sign(
        Principal("s", "ann", frozenset({Scope.SERVICE, Scope.AGENT, Scope.READER})), now=NOW
    )

    found = read_pass(given, [signer.public], now=NOW)

    assert found is not None
    assert found.scopes == {Scope.READER}


def test_pass_of_another_key_or_altered_is_none(signer):
    other = PassSigner("k-1", NOW + timedelta(days=1))
    given = signer.sign(ANN, now=NOW)
    head, claims, signature = given.split(".")
    of_another = signer.sign(Principal("s-1", "bob", ANN.scopes), now=NOW).split(".")[1]

    assert read_pass(given, [other.public], now=NOW) is None
    assert read_pass(given, [], now=NOW) is None
    assert read_pass(f"{head}.{of_another}.{signature}", [signer.public], now=NOW) is None
    assert read_pass(given[len(PREFIX) :], [signer.public], now=NOW) is None
    assert read_pass(f"{PREFIX}nonsense", [signer.public], now=NOW) is None
    assert claims != of_another


def test_public_key_is_no_secret_to_sign_with(signer):
    claims = {
        "iss": "mlmon-config-api",
        "sub": "ann",
        "sid": "s",
        "scopes": ["admin"],
        "exp": 2**40,
    }
    secret = OctKey.import_key(signer.public.public_key["x"])
    forged = jwt.encode({"alg": "HS256", "kid": "k-1"}, claims, secret)

    assert "d" not in signer.public.public_key
    assert read_pass(PREFIX + forged, [signer.public], now=NOW) is None


def test_pass_lacks_no_claim():
    key = OKPKey.generate_key("Ed25519", {"kid": "k-1"})
    signer = PassSigner("k-1", NOW + timedelta(days=1))
    public = signer.public.model_copy(update={"public_key": key.as_dict(private=False)})
    whole = {"iss": "mlmon-config-api", "sub": "a", "sid": "s", "scopes": ["reader"], "exp": 2**40}

    def read(claims: dict[str, object]) -> Principal | None:
        header = {"alg": "Ed25519", "kid": "k-1"}
        token = jwt.encode(header, claims, key, algorithms=["Ed25519"])
        return read_pass(PREFIX + token, [public], now=NOW)

    assert read(whole) is not None
    for name in whole:
        assert read({key: value for key, value in whole.items() if key != name}) is None
