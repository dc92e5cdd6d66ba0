"""The errors that the agent raises on purpose.

```
MlmonError
├── AttemptFailedError           ends the attempt; `cause` says whose fault it is
│   ├── ImageUnavailableError    image
│   ├── CommandError             user_error
│   ├── InputError               user_error
│   ├── OutputError              user_error
│   ├── DiskFullError            disk
│   ├── TransferError            infra
│   └── RuntimeFailedError       infra
├── CorruptTransferError         a file came with another checksum
├── UploadRefusedError           a store did not take a file, or not any more
├── WebFileError                 a file of the web cannot be had, also later
├── AttemptStoppedError          an order to stop arrived while the attempt was worked on
├── ReleaseError                 another release of the agent cannot take its place
├── GpuDriverError               the GPUs of this host cannot be asked
├── EngineUnavailableError       containers are wanted, and no engine answers
└── StateFolderInUseError        a second agent was started on one state folder
```
"""

from typing import ClassVar

from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_shared.wire.states import Cause


class AttemptFailedError(MlmonError):
    """The attempt cannot succeed; the detail is its reason, for a data scientist."""

    code = "attempt-failed"
    cause: ClassVar[Cause] = Cause.INFRA


class ImageUnavailableError(AttemptFailedError):
    """The image is not on this host and cannot be had."""

    code = "image-unavailable"
    cause = Cause.IMAGE


class CommandError(AttemptFailedError):
    """The command could not be started."""

    code = "command-not-started"
    cause = Cause.USER_ERROR


class InputError(AttemptFailedError):
    """An input is not there, may not be read, is too large, or is not what it should be."""

    code = "input-refused"
    cause = Cause.USER_ERROR


class OutputError(AttemptFailedError):
    """A declared output is missing or is not what it should be."""

    code = "output-missing"
    cause = Cause.USER_ERROR


class DiskFullError(AttemptFailedError):
    """The host has too little scratch space."""

    code = "disk-full"
    cause = Cause.DISK


class TransferError(AttemptFailedError):
    """An input or output could not be transferred."""

    code = "transfer-failed"


class CorruptTransferError(MlmonError):
    """What came is not what was sent."""

    code = "corrupt-transfer"
    status = 502


class UploadRefusedError(MlmonError):
    """The store did not take a file; what was granted is worth nothing any more."""

    code = "upload-refused"
    status = 502


class RuntimeFailedError(AttemptFailedError):
    """The container runtime itself does not work."""

    code = "runtime-failed"


class WebFileError(MlmonError):
    """A file of the web cannot be had, and trying again would not help."""

    code = "web-file"
    status = 502


class AttemptStoppedError(MlmonError):
    """An order to stop arrived while the attempt was worked on."""

    code = "attempt-stopped"


class ReleaseError(MlmonError):
    """Another release of the agent cannot take its place; the detail says why."""

    code = "agent-release"


class GpuDriverError(MlmonError):
    """The driver of this host's GPUs does not work; the detail says why."""

    code = "gpu-driver-failed"


class EngineUnavailableError(ConfigurationError):
    """No container engine answers."""

    code = "engine-unavailable"


class StateFolderInUseError(ConfigurationError):
    """Another agent uses the same state folder."""

    code = "state-folder-in-use"
