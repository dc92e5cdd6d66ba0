"""Which boot of the machine this is."""

from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id() -> str:
    """Return the kernel's id of the present boot."""
    return _BOOT_ID.read_text().strip()
