from enum import StrEnum


class WebhookEvent(StrEnum):
    BATCH_CANCELLED = "batch.cancelled"
    BATCH_FAILED = "batch.failed"
    BATCH_FINISHED = "batch.finished"
    BATCH_SUCCEEDED = "batch.succeeded"
    RUN_CANCELLED = "run.cancelled"
    RUN_EXPIRED = "run.expired"
    RUN_FAILED = "run.failed"
    RUN_FINISHED = "run.finished"
    RUN_SKIPPED = "run.skipped"
    RUN_SUCCEEDED = "run.succeeded"

    def __str__(self) -> str:
        return str(self.value)
