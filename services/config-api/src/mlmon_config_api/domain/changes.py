"""Changes of the configuration, as the audit keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What can be changed, as URLs and answers name it."""

    JOB_DEFINITION = "job-definition"
    CANARY = "canary"
    PIN = "pin"
    SCHEDULE = "schedule"
    CLIENT = "client"
    POOL = "pool"
    RESOURCE = "resource"
    SECRET = "secret"  # noqa: S105 - as below
    WEBHOOK = "webhook"
    TOKEN = "token"  # noqa: S105 - a kind of thing, no secret
    USER = "user"


@dataclass(frozen=True)
class Change:
    """One change of one thing.

    Attributes:
        before: The canonical document; None for what is new.
        after: The same; None for what is gone.
        by: Name of who changed it.
        deed: What was done, where the documents do not say it: `paused`.
    """

    kind: Kind
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    by: str
    at: datetime
    deed: str = ""

    @property
    def action(self) -> str:
        """Say what was done."""
        if self.deed:
            return self.deed
        if self.before is None:
            return "created"
        return "removed" if self.after is None else "changed"
