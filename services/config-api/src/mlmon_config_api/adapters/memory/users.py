"""Users as a copy has them: without what they sign in with."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mlmon_config_api.adapters.memory.entries import refuse
from mlmon_config_api.domain.users import UserRecord
from mlmon_shared.wire.users import User


class CopiedUsers:
    """Implements `Users`, for reading.

    Args:
        records: By name.
    """

    def __init__(self, records: Mapping[str, UserRecord]) -> None:
        self._records = records

    async def find(self, name: str) -> UserRecord | None:
        """Return the one of this name."""
        return self._records.get(name)

    async def find_by_identity(self, issuer: str, subject: str) -> UserRecord | None:  # noqa: ARG002
        """Refuse to: it is asked for to sign somebody in."""
        refuse()

    async def list_page(
        self, *, limit: int, after: str | None, prefix: str
    ) -> Sequence[UserRecord]:
        """Return some, by name."""
        names = sorted(
            name
            for name in self._records
            if name.startswith(prefix) and (after is None or name > after)
        )
        return [self._records[name] for name in names[:limit]]

    async def save(self, user: User, *, now: datetime, by: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def set_password_hash(self, name: str, password_hash: str, *, known: str | None) -> bool:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def delete(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()
