import pytest

from mlmon_scheduler.domain.signatures import AgentSession, Signer
from mlmon_shared.principals import AttemptIdentity

SIGNER = Signer("a secret of at least 32 characters")
ATTEMPT = AttemptIdentity("run-1", 2, "1.7", "acme")
SESSION = AgentSession("agent-1", "session-1", "cpu")


def test_session_token_stands_for_its_session():
    assert SIGNER.find_session(SIGNER.session_token(SESSION)) == SESSION


def test_attempt_token_stands_for_its_attempt_and_is_the_same_each_time():
    token = SIGNER.attempt_token(ATTEMPT)

    assert SIGNER.find_attempt(token) == ATTEMPT
    assert SIGNER.attempt_token(ATTEMPT) == token


def test_token_of_an_attempt_is_none_of_a_session_and_the_other_way_round():
    of_attempt, of_session = SIGNER.attempt_token(ATTEMPT), SIGNER.session_token(SESSION)

    assert SIGNER.find_session(of_attempt) is None
    assert SIGNER.find_session(of_attempt.replace("mlt1.", "mla1.")) is None
    assert SIGNER.find_attempt(of_session) is None
    assert SIGNER.find_attempt(of_session.replace("mla1.", "mlt1.")) is None


@pytest.mark.parametrize("place", [0, 6, 30, -1])
def test_attempt_token_with_any_character_changed_is_not_ours(place: int):
    token = SIGNER.attempt_token(ATTEMPT)
    at = place % len(token)
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]

    assert SIGNER.find_attempt(changed) is None


def test_token_of_another_key_is_not_ours():
    other = Signer("another secret of at least 32 characters")

    assert other.find_session(SIGNER.session_token(SESSION)) is None


@pytest.mark.parametrize("position", [0, 5, 10, 40, -1, -20, -64])
def test_token_with_any_character_changed_is_not_ours(position: int):
    token = SIGNER.session_token(SESSION)
    place = position % len(token)
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]

    assert SIGNER.find_session(changed) is None


@pytest.mark.parametrize(
    "token", ["", "mla1.", "mla1..", "mla1.payload", "mlm_token", "mla1.e30=.é", "mla1.é.é", "é"]
)
def test_other_text_is_no_token(token: str):
    assert SIGNER.find_session(token) is None


def test_signature_of_one_purpose_is_no_signature_of_another():
    token = SIGNER.session_token(SESSION)
    payload = token.split(".")[1]
    forged = SIGNER._sign("transfer", payload)

    assert SIGNER.find_session(f"mla1.{payload}.{forged}") is None


def test_signed_payload_that_is_no_session_is_refused():
    payload = "bm90IGpzb24="

    assert SIGNER.find_session(f"mla1.{payload}.{SIGNER._sign('session', payload)}") is None


@pytest.mark.parametrize(
    ("method", "attempt_id", "path", "expires_ms"),
    [
        ("GET", "run.1", "a/b", 5),
        ("PUT", "run.2", "a/b", 5),
        ("PUT", "run.1", "a/c", 5),
        ("PUT", "run.1", "a/b", 6),
        ("PUT", "run.1\na", "/b", 5),
    ],
)
def test_transfer_is_signed_whole(method: str, attempt_id: str, path: str, expires_ms: int):
    signature = SIGNER.sign_transfer("PUT", "run.1", "a/b", 5)

    assert SIGNER.is_transfer_signed("PUT", "run.1", "a/b", 5, signature)
    assert not SIGNER.is_transfer_signed(method, attempt_id, path, expires_ms, signature)


@pytest.mark.parametrize("signature", ["", "é", "0" * 64])
def test_other_text_is_no_signature(signature: str):
    assert not SIGNER.is_transfer_signed("PUT", "run.1", "a/b", 5, signature)


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_short_key_is_refused(secret: str):
    with pytest.raises(ValueError, match="at least 32 characters"):
        Signer(secret)
