from enum import StrEnum


class WebhookResultChange(StrEnum):
    CHANGED = "changed"
    CREATED = "created"
    UNCHANGED = "unchanged"

    def __str__(self) -> str:
        return str(self.value)
