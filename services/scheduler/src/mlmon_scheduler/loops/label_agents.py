"""Keep the labels that agents offer in step with their pools."""

from mlmon_scheduler.application.label_agents import AgentLabeller


class LabelAgents:
    """Looks again and again; idempotent, so that replicas do no harm."""

    name = "label_agents"
    period_seconds = 5.0

    def __init__(self, labeller: AgentLabeller) -> None:
        self._labeller = labeller

    async def tick(self) -> bool:
        """Look once."""
        await self._labeller.label_agents()
        return False
