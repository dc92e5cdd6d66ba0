"""Which cpus of the host an attempt runs on, so that attempts keep out of each other's way."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

_WHOLE: Final = 1000
"""Thousandths of one cpu."""

CpuShare = Mapping[int, int]
"""Thousandths that an attempt has of each of its cpus."""


class CpuSets:
    """The cpus of a host, and who has them.

    Whole cpus are an attempt's own. What is left of its request, less than one, is a share of
    one cpu, which others may have shares of too, up to the whole of it.

    Args:
        cpus: By their numbers; those with low places are given first.
    """

    def __init__(self, cpus: Sequence[int]) -> None:
        self._cpus = tuple(cpus)
        self._shares: dict[Hashable, CpuShare] = {}

    def take(self, holder: Hashable, cores: float) -> CpuShare:
        """Give cpus to a holder, who has none; an empty share when there are not enough free."""
        share = choose_cpus(self._cpus, self._shares.values(), cores)
        if share:
            self._shares[holder] = share
        return share

    def restore(self, holder: Hashable, share: CpuShare) -> None:
        """Note what a holder has had all along."""
        if share:
            self._shares[holder] = share

    def give_back(self, holder: Hashable) -> None:
        """Free what a holder has, if it has anything."""
        self._shares.pop(holder, None)


def choose_cpus(cpus: Sequence[int], taken: Iterable[CpuShare], cores: float) -> CpuShare:
    """Return whole cpus, and a share of one more for what is left; nothing if they are not free.

    Args:
        cpus: Of the host.
        taken: By others.
        cores: How many are asked for.
    """
    used = dict.fromkeys(cpus, 0)
    for share in taken:
        for cpu, amount in share.items():
            used[cpu] = used.get(cpu, 0) + amount
    whole, rest = divmod(max(round(cores * _WHOLE), 1), _WHOLE)
    free = [cpu for cpu in cpus if used[cpu] == 0]
    chosen = dict.fromkeys(free[:whole], _WHOLE)
    if rest:
        # The fullest that has room, so that whole ones stay whole.
        shared = [cpu for cpu in cpus if 0 < used[cpu] <= _WHOLE - rest]
        partner = max(shared, key=used.__getitem__, default=None)
        if partner is None:
            partner = next(iter(free[whole:]), None)
        if partner is None:
            return {}
        chosen[partner] = rest
    return chosen if len(chosen) == whole + (rest > 0) else {}


def share_text(share: CpuShare) -> str:
    """Return a share as text, `<cpu>:<thousandths>` with commas; `read_share` reads it."""
    return ",".join(f"{cpu}:{amount}" for cpu, amount in sorted(share.items()))


def read_share(text: str) -> CpuShare:
    """Return the share that a text of `share_text` names."""
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    return {int(cpu): int(amount) for cpu, amount in pairs}
