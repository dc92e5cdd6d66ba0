"""What attempts told over HTTP, in Redis."""

from typing import Any

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import STALE_FENCE, TOO_MANY, Scripts
from mlmon_scheduler.application.attempt_rights import over
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.principals import AttemptIdentity
from mlmon_shared.wire.progress import METRICS_LIMIT, ProgressReport


class RedisProgressStore:
    """Implements `ProgressStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def report(self, attempt: AttemptIdentity, report: ProgressReport) -> None:
        """Keep what an attempt told; the same again changes nothing.

        Raises:
            StaleFenceError: It does not run any more.
            InvalidRequestError: It has told too many metrics by now.
        """
        arguments: list[Any] = [
            attempt.run_id,
            attempt.number,
            attempt.fence,
            "" if report.progress is None else repr(report.progress),
            METRICS_LIMIT,
        ]
        for name, value in report.metrics.items():
            arguments += [name, repr(value)]
        status, answer = await self._scripts.call("report_progress", [key("ep")], arguments)
        if status == STALE_FENCE:
            raise over(attempt, str(answer[0]))
        if status == TOO_MANY:
            detail = f"an attempt may report {METRICS_LIMIT} metrics; report fewer names"
            raise InvalidRequestError(
                f"/metrics: {detail}", errors=[{"pointer": "/metrics", "detail": detail}]
            )
