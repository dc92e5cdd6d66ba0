from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from mlmon_shared.outbound_targets import (
    RefusedTargetError,
    TargetRules,
    UnresolvedTargetError,
    find_addresses,
)

LOOPBACK = TargetRules((ip_network("127.0.0.0/8"),), allows_http=True)


class Names:
    """Resolves names as a test says, and counts."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "not an address",
    ],
)
async def test_name_of_an_address_that_is_not_public_is_refused(address: str):
    names = Names("93.184.215.14", address)

    with pytest.raises(RefusedTargetError, match="is not public"):
        await find_addresses(TargetRules().read("https://hooks.test/x"), TargetRules(), names)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
async def test_public_address_is_allowed(address: str):
    names = Names(address)
    target = TargetRules().read("https://hooks.test:8443/x?y=z")

    assert await find_addresses(target, TargetRules(), names) == (address,)
    assert (target.host, target.port, names.asked) == ("hooks.test", 8443, 1)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.test/x", "begins with https://"),
        ("ftp://hooks.test/x", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("//hooks.test", "begins with https://"),
        ("https://", "names a host"),
        ("https://user:word@hooks.test/", "no user"),
        ("https://hooks.test@10.0.0.1/", "no user"),
        ("https://hooks.test/#x", "fragment"),
        ("https://hooks.test\\@10.0.0.1/", "backslash"),
        ("https://hooks.test/a b", "ASCII"),
        ("https://höoks.test/", "ASCII"),
        ("https://hooks.test:99999/", "no URL"),
        ("https://hooks.test:0/", "port 0"),
        ("https://[::1", "no URL"),
        ("https://[fe80::1%25eth0]/", "names a host"),
        ("https://hooks_test/", "names a host"),
        ("https://127.0.0.1/", "is not public"),
        ("https://[::ffff:127.0.0.1]/", "is not public"),
    ],
)
def test_url_that_no_webhook_may_have_is_refused(url: str, why: str):
    with pytest.raises(RefusedTargetError, match=why):
        TargetRules().read(url)


async def test_listed_networks_are_allowed_and_no_others():
    allowed = LOOPBACK.read("http://127.0.0.1:8080/x")
    assert await find_addresses(allowed, LOOPBACK, Names()) == ["127.0.0.1"]
    mapped = Names("::ffff:127.0.0.1")
    assert await find_addresses(LOOPBACK.read("http://a.test/"), LOOPBACK, mapped)

    with pytest.raises(RefusedTargetError, match=r"10\.0\.0\.1"):
        LOOPBACK.read("http://10.0.0.1/")


async def test_name_without_addresses_does_not_resolve():
    with pytest.raises(UnresolvedTargetError, match=r"hooks\.test"):
        await find_addresses(TargetRules().read("https://hooks.test/"), TargetRules(), Names())
