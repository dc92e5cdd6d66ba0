"""The errors of report-writer.

```
MlmonError
├── InvalidRequestError
│   └── RejectedValueError   PostgreSQL refuses the value (422 when it came with a request)
├── ConflictError
│   └── OffsetMovedError     another owner of the shard went on from the same offset
├── UndeliveredError         a receiver did not answer, or may not be called
└── MalformedEventError      an entry of the stream cannot be applied
```
"""

from mlmon_shared.errors import ConflictError, InvalidRequestError, MlmonError


class UndeliveredError(MlmonError):
    """A message did not reach the receiver of a webhook."""


class MalformedEventError(MlmonError):
    """An entry of the stream says something that history cannot hold."""


class RejectedValueError(InvalidRequestError):
    """The store refuses a value, and would refuse it again."""


class OffsetMovedError(ConflictError):
    """Another owner of the shard has gone on from the offset that this one started at."""
