"""What the loops count."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class DrainMetrics:
    """Metrics of the drain and of every loop's last success.

    Args:
        registry: Of the app; each app has its own.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "mlmon_report_writer_events_written",
            "Events applied to history.",
            registry=registry,
        )
        self.batches = Counter(
            "mlmon_report_writer_batches",
            "Transactions that applied events.",
            registry=registry,
        )
        self.dead_letters = Counter(
            "mlmon_report_writer_dead_letters",
            "Events that could not be applied and were put aside.",
            registry=registry,
        )
        self.lag_seconds = Gauge(
            "mlmon_report_writer_lag_seconds",
            "Age of the newest event in history while there are more; 0 at the end.",
            registry=registry,
        )
        self._webhooks = Counter(
            "mlmon_report_writer_webhook_tries",
            "Messages that were sent to webhooks, by how it went.",
            ["result"],
            registry=registry,
        )
        self._last_success = Gauge(
            "mlmon_report_writer_last_success_timestamp_seconds",
            "When each loop last did its work.",
            ["loop"],
            registry=registry,
        )

    def note_webhook(self, result: str) -> None:
        """Note that a message was sent, and how it went."""
        self._webhooks.labels(result).inc()

    def note_success(self, loop: str) -> None:
        """Note that a loop just did its work."""
        self._last_success.labels(loop).set_to_current_time()
