"""Addresses that servers and agents may call for others: checked before every request.

Who may save a webhook, or a definition with inputs, must not be able to make a server or an agent
call what only that can reach. So a target is a public address, or in a network that the settings
allow; a name is resolved by us, once, and the request goes to exactly the address that was checked.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Protocol, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from mlmon_shared.errors import MlmonError

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

RESOLVE_SECONDS: Final = 5.0
_URL: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9.])?")
_PORTS: Final = {"http": 80, "https": 443}


def _split_networks(given: object) -> object:
    if not isinstance(given, str):
        return given
    return [ip_network(part.strip()) for part in given.split(",") if part.strip()]


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_split_networks)]
"""A setting: networks with commas between them, such as `10.1.0.0/16,fd00::/8`."""


class RefusedTargetError(MlmonError):
    """What is there may not be called."""

    code = "refused-target"


class UnresolvedTargetError(MlmonError):
    """The name of a target has no address now."""

    code = "unresolved-target"


@dataclass(frozen=True)
class Target:
    """A checked URL, apart.

    Attributes:
        host: A name or an address; that of IPv6 without brackets.
    """

    url: str
    scheme: str
    host: str
    port: int

    def at(self, address: str) -> str:
        """Return the URL with one of the host's addresses in place of its name."""
        host = f"[{address}]" if ":" in address else address
        return urlunsplit(urlsplit(self.url)._replace(netloc=f"{host}:{self.port}"))

    @property
    def authority(self) -> str:
        """What a request to that address says in its header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Resolver(Protocol):
    """Finds the addresses of names."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of a name.

        Raises:
            UnresolvedTargetError: It has none, or nobody answers.
        """
        ...


class SystemResolver:
    """Asks the operating system."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of a name; see the port."""
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(
                    host, port, type=socket.SOCK_STREAM
                )
        except (OSError, UnicodeError, TimeoutError) as error:
            raise UnresolvedTargetError(f'the name "{host}" does not resolve') from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class TargetRules:
    """What is allowed beyond public addresses over https.

    Attributes:
        networks: Where targets may be although they are not public.
        allows_http: Whether messages may travel unencrypted.
        setting: By which an administrator allows a network.
    """

    networks: tuple[Network, ...] = ()
    allows_http: bool = False
    setting: str = "WEBHOOK_NETWORKS"

    def read(self, url: str) -> Target:
        """Return the parts of a URL.

        Raises:
            RefusedTargetError: It is no URL that may be called.
        """
        # Nothing that two parsers could read differently gets through.
        if _URL.fullmatch(url) is None or "\\" in url:
            raise RefusedTargetError("a URL has printable ASCII characters only, and no backslash")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise RefusedTargetError(f"this is no URL: {error}") from error
        if parts.scheme not in ({"https", "http"} if self.allows_http else {"https"}):
            raise RefusedTargetError(
                "the URL begins with https://"
                + (" or http://" if self.allows_http else "; the settings do not allow http")
            )
        if "@" in parts.netloc or "#" in url:
            raise RefusedTargetError("the URL has no user, password or fragment")
        if _HOST.fullmatch(host) is None and _read_address(host) is None:
            raise RefusedTargetError("the URL names a host, in ASCII (write xn--… for other names)")
        if port == 0:
            raise RefusedTargetError("port 0 cannot be called")
        target = Target(url, parts.scheme, host, port or _PORTS[parts.scheme])
        address = _read_address(host)
        if address is not None:
            self.check([host], of=host)
        return target

    def check(self, addresses: Sequence[str], *, of: str) -> None:
        """Check every address that a host has, since any could be called.

        Args:
            addresses: As the resolver found them.
            of: The host.

        Raises:
            RefusedTargetError: One of them is private, and not in an allowed network.
        """
        for text in addresses:
            address = _read_address(text)
            if address is None or not (is_public(address) or self._is_listed(address)):
                where = "" if text == of else f' of "{of}"'
                raise RefusedTargetError(
                    f"the address {text}{where} is not public; an administrator can allow its "
                    f"network ({self.setting})"
                )

    def _is_listed(self, address: Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the Internet's, and no way round to one that is not."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


async def find_addresses(target: Target, rules: TargetRules, resolver: Resolver) -> Sequence[str]:
    """Return the addresses of a target, each checked; nothing is to be resolved again.

    Raises:
        RefusedTargetError: One of them is not allowed.
        UnresolvedTargetError: There are none now.
    """
    if _read_address(target.host) is not None:
        addresses: Sequence[str] = [target.host]
    else:
        addresses = await resolver.resolve(target.host, target.port)
        if not addresses:
            raise UnresolvedTargetError(f'the name "{target.host}" has no address')
    rules.check(addresses, of=target.host)
    return addresses


def _read_address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A zone would say over which of the server's own links.
    return None if isinstance(address, IPv6Address) and address.scope_id else address
