"""Follow how long jobs take, for charges and forecasts of new runs."""

from mlmon_scheduler.application.configuration import Configuration


class RefreshEstimates:
    """Reads the measured durations of the definitions that can be submitted."""

    name = "refresh_estimates"
    period_seconds = 5.0

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    async def tick(self) -> bool:
        """Read them all."""
        await self._configuration.refresh_estimates()
        return False
