"""Webhooks are not in the copy: their URLs and secrets stay in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mlmon_config_api.adapters.memory.entries import refuse
from mlmon_config_api.application.ports import PageRequest
from mlmon_shared.wire.webhooks import SigningSecret, Webhook


class NoWebhooks:
    """Implements `Webhooks`: the copy has none."""

    async def find(self, name: str) -> Webhook | None:  # noqa: ARG002 - the port's signature
        """Refuse to."""
        refuse()

    async def list_page(self, page: PageRequest) -> Sequence[Webhook]:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def list_all(self) -> Sequence[Webhook]:
        """Refuse to."""
        refuse()

    async def save(
        self,
        entries: Sequence[Webhook],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
        by: str,  # noqa: ARG002
    ) -> None:
        """Refuse to."""
        refuse()

    async def list_secrets(
        self,
        names: Sequence[str],  # noqa: ARG002
    ) -> Mapping[str, Sequence[SigningSecret]]:
        """Refuse to."""
        refuse()

    async def replace_secrets(
        self,
        name: str,  # noqa: ARG002
        secrets: Sequence[SigningSecret],  # noqa: ARG002
    ) -> None:
        """Refuse to."""
        refuse()

    async def delete(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()
