from enum import StrEnum


class Kind(StrEnum):
    CANARY = "canary"
    CLIENT = "client"
    JOB_DEFINITION = "job-definition"
    PIN = "pin"
    POOL = "pool"
    RESOURCE = "resource"
    SCHEDULE = "schedule"
    SECRET = "secret"
    TOKEN = "token"
    USER = "user"
    WEBHOOK = "webhook"

    def __str__(self) -> str:
        return str(self.value)
