"""A host of its own network: a namespace whose one link to this host can be cut."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkNamespace:
    """A network namespace and its link.

    Attributes:
        name: Of the namespace.
        link: The link's end on this host.
        address: Of this host, as the namespace reaches it.
    """

    name: str
    link: str
    address: str

    @property
    def words(self) -> Sequence[str]:
        """Begin the command line of what shall run inside."""
        return ("ip", "netns", "exec", self.name)

    def cut(self) -> None:
        """Lose every packet from now on: nobody is told, no connection ends."""
        _ip("link", "set", self.link, "down")

    def heal(self) -> None:
        """Let packets through again."""
        _ip("link", "set", self.link, "up")


@contextmanager
def network_namespace() -> Iterator[NetworkNamespace]:
    """Make a namespace, as root; at the end, nothing is left of it."""
    number = os.getpid() % (1 << 14)
    name, link, inside = f"mlmon-{number}", f"mlmon{number}a", f"mlmon{number}b"
    # A link-local network of four addresses, which no other process of the tests has.
    ours, theirs = (f"169.254.{number >> 6}.{number % 64 * 4 + host}" for host in (1, 2))
    _ip("netns", "add", name)
    try:
        _ip("link", "add", link, "type", "veth", "peer", "name", inside, "netns", name)
        _ip("address", "add", f"{ours}/30", "dev", link)
        _ip("link", "set", link, "up")
        _ip("-n", name, "address", "add", f"{theirs}/30", "dev", inside)
        for device in ("lo", inside):
            _ip("-n", name, "link", "set", device, "up")
        yield NetworkNamespace(name, link, ours)
    finally:
        _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20)
