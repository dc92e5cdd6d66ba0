"""What people did, in the event stream."""

from collections.abc import Mapping

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts


class RedisActionLog:
    """Implements `ActionLog`.

    Args:
        scripts: On the Redis of live runs.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def record(self, action_id: str, fields: Mapping[str, str]) -> None:
        """Add an action to the events that report-writer keeps."""
        pairs = [text for pair in fields.items() for text in pair]
        await self._scripts.call("record_action", [key("ep")], [action_id, *pairs])
