"""What a signed identity document is worth, to us and to a pool."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mlmon_scheduler.adapters.instance_certificates import PinnedCertificates
from mlmon_scheduler.domain.instances import explain_mismatch, read_instance
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.testing.clocks import START, FakeClock
from mlmon_shared.wire.pools import AdmittedInstances
from tests.instance_metadata import (
    ACCOUNT,
    INSTANCE,
    Authority,
    authority,
    make_authority,
    stranger,
)

YEAR = timedelta(days=365)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pin(tmp_path: Path, clock: FakeClock, *authorities: Authority) -> PinnedCertificates:
    file = tmp_path / "pinned.pem"
    file.write_bytes(b"".join(each.pem for each in authorities))
    return PinnedCertificates.read(file, clock)


def test_what_a_pinned_authority_has_signed_is_signed(tmp_path: Path, clock: FakeClock):
    pinned = pin(tmp_path, clock, stranger(), authority())
    signed = authority().sign()

    assert pinned.is_signed(signed.document, signed.signature)
    assert pinned.is_signed(signed.document, "".join(signed.signature.split()))


def test_small_keys_of_old_regions_count(tmp_path: Path, clock: FakeClock):
    old = make_authority(bits=1024)
    signed = old.sign()

    assert pin(tmp_path, clock, old).is_signed(signed.document, signed.signature)


def test_another_key_has_not_signed(tmp_path: Path, clock: FakeClock):
    signed = stranger().sign()

    assert not pin(tmp_path, clock, authority()).is_signed(signed.document, signed.signature)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (INSTANCE, "i-0123456789abcdef1"),
        ("\n", ""),
        ("eu-west-2", "eu-west-1"),
        (ACCOUNT, "1" * 12),
    ],
)
def test_changed_document_is_not_signed(tmp_path: Path, clock: FakeClock, old: str, new: str):
    signed = authority().sign()
    changed = signed.document.replace(old, new)
    assert changed != signed.document

    assert not pin(tmp_path, clock, authority()).is_signed(changed, signed.signature)


@pytest.mark.parametrize("signature", ["", "?", "c2lnbmF0dXJl", "ü", "A" * 344, "A"])
def test_rubbish_is_no_signature(tmp_path: Path, clock: FakeClock, signature: str):
    document = authority().sign().document

    assert not pin(tmp_path, clock, authority()).is_signed(document, signature)


def test_certificate_that_expires_signs_nothing_any_more(tmp_path: Path, clock: FakeClock):
    brief = make_authority(ends=START + YEAR)
    signed = brief.sign()
    pinned = pin(tmp_path, clock, brief)
    assert pinned.is_signed(signed.document, signed.signature)

    clock.advance(2 * YEAR.total_seconds())

    assert not pinned.is_signed(signed.document, signed.signature)


def test_certificate_out_of_its_time_is_refused_at_the_start(tmp_path: Path, clock: FakeClock):
    over = make_authority(ends=START - YEAR)
    early = make_authority(begins=START + YEAR, ends=START + 2 * YEAR)

    with pytest.raises(ConfigurationError, match=r"certificate 2 of .* has expired \(2025-01-05\)"):
        pin(tmp_path, clock, authority(), over)
    with pytest.raises(ConfigurationError, match=r"certificate 1 of .* is not valid before 2027"):
        pin(tmp_path, clock, early)


def test_certificate_without_an_rsa_key_is_refused_at_the_start(tmp_path: Path, clock: FakeClock):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "curves")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(START - YEAR)
        .not_valid_after(START + YEAR)
        .sign(key, SHA256())
    )
    file = tmp_path / "pinned.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))

    with pytest.raises(ConfigurationError, match=r"certificate 1 of .* has no RSA key"):
        PinnedCertificates.read(file, clock)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nxx\n"])
def test_file_without_certificates_is_refused_at_the_start(
    tmp_path: Path, clock: FakeClock, content: bytes
):
    file = tmp_path / "pinned.pem"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"INSTANCE_CERTIFICATES_FILE: .* is no PEM file"):
        PinnedCertificates.read(file, clock)
    with pytest.raises(ConfigurationError, match="INSTANCE_CERTIFICATES_FILE: cannot read"):
        PinnedCertificates.read(tmp_path / "nothing.pem", clock)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("[]", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ("rubbish", "Expecting value"),
        ('{"instanceId": "i-0123456789abcdef0"}', "lacks 'accountId'"),
        (authority().sign(instanceId="agent:1").document, "names no instance"),
        (authority().sign(instanceId=INSTANCE + "\n").document, "names no instance"),
    ],
)
def test_what_is_no_identity_document_is_said_to_be_none(document: str, why: str):
    with pytest.raises(ValueError, match=why):
        read_instance(document)


@pytest.mark.parametrize(
    ("admitted", "mismatch"),
    [
        ({}, None),
        ({"regions": ["eu-west-1", "eu-west-2"], "types": ["g5.xlarge"]}, None),
        ({"images": ["ami-0abcdef1234567890"]}, None),
        ({"accounts": ["999999999999"], "regions": ["eu-west-1"]}, f"its account is {ACCOUNT}"),
        ({"regions": ["eu-west-1"]}, "its region is eu-west-2"),
        ({"images": ["ami-00000000"]}, "its image is ami-0abcdef1234567890"),
        (
            {"regions": ["eu-west-1"], "types": ["g5.2xlarge"]},
            "its region is eu-west-2, its type is g5.xlarge",
        ),
    ],
)
def test_pool_takes_the_instances_that_it_names(
    admitted: dict[str, list[str]], mismatch: str | None
):
    instance = read_instance(authority().sign().document)

    taken = AdmittedInstances.model_validate({"accounts": [ACCOUNT]} | admitted)
    assert explain_mismatch(instance, taken) == mismatch
