"""How much disk a host must have free."""

from typing import Final

LEAST_DISK: Final = 32 * 2**20
"""Bytes; an agent with less takes no attempt."""
