"""What the use cases need to know of agents; the adapters implement it."""

from collections.abc import Mapping
from typing import Protocol


class AgentRegistry(Protocol):
    """Agents that are registered, also those that are lost."""

    async def register_agent(
        self,
        agent_id: str,
        session: str,
        deadline_seconds: float,
        fields: Mapping[str, str],
        *,
        nonce_sha256: str = "",
    ) -> str:
        """Begin a session; return the boot id that the agent had before, or an empty text.

        Raises:
            ConflictError: The agent is bound to another nonce, and awaited.
        """

    async def is_awaited(self, agent_id: str) -> bool:
        """Tell whether an agent is in contact, or at least not lost yet."""

    async def find_agent(self, agent_id: str) -> Mapping[str, str] | None:
        """Return an agent's fields."""

    async def list_agents(self) -> list[tuple[Mapping[str, str], list[str], float | None]]:
        """Return fields, held attempt ids and deadline (ms) of every agent."""

    async def count_agents(self) -> int:
        """Return how many agents are registered."""
