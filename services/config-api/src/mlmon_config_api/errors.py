"""Errors inside config-api; those that callers see are in `mlmon_shared.errors`.

```
ValueUnavailableError   the value of a secret is not where its source says, or cannot be read now
```
"""


class ValueUnavailableError(Exception):
    """The value of a secret cannot be fetched from where it is kept.

    Args:
        detail: Which one and why; never a value.
        is_passing: Asking again may help: the place does not answer.
    """

    def __init__(self, detail: str, *, is_passing: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_passing = is_passing
