"""Fences: ever growing, also across epochs, and compared as numbers."""

import re
from dataclasses import dataclass
from typing import Final, Self

_FENCE: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")


@dataclass(frozen=True, order=True)
class Fence:
    """The token of one lease, `<epoch>.<number>`: 10.2 is newer than 9.10."""

    epoch: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a text says; what is no fence is older than every fence."""
        match = _FENCE.fullmatch(text)
        return cls(0, 0) if match is None else cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        """Return it as it travels."""
        return f"{self.epoch}.{self.number}"
