"""How much disk a host must have free."""

from dataclasses import dataclass
from typing import Final

LEAST_DISK: Final = 32 * 2**20
"""Bytes; an agent with less takes no attempt."""


@dataclass(frozen=True)
class DiskLimits:
    """How full a disk may be, in percent; 100 is no limit.

    Attributes:
        image_percent: From here on, images that nothing runs are removed.
        full_percent: From here on, the host takes no attempts.
    """

    image_percent: float
    full_percent: float

    def wants_space(self, percent: float) -> bool:
        """Tell whether images are to go."""
        return self.image_percent <= percent and self.image_percent < _WHOLE

    def is_full(self, percent: float) -> bool:
        """Tell whether the host is to take no attempts."""
        return self.full_percent <= percent and self.full_percent < _WHOLE


_WHOLE: Final = 100.0
