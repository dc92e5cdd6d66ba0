from enum import StrEnum


class Scope(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    AUTHOR = "author"
    OPERATOR = "operator"
    READER = "reader"
    SERVICE = "service"
    SUBMITTER = "submitter"

    def __str__(self) -> str:
        return str(self.value)
