"""Watch for notices about the end of the host."""

from typing import Final

from mlmon_worker_agent.application.watch_notices import NoticeWatch

_PERIOD_SECONDS: Final = 5.0
"""As AWS recommends: an interruption is told two minutes beforehand."""


class NoticeLoop:
    """Looks for notices every five seconds."""

    name = "notices"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, watch: NoticeWatch) -> None:
        self._watch = watch

    async def tick(self) -> bool:
        """Look once."""
        await self._watch.look()
        return False
