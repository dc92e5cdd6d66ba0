"""Facts about this host for the doctor; nothing on it is changed."""

import ctypes
import tempfile
from pathlib import Path
from typing import Final

_NVML: Final = "libnvidia-ml.so.1"


def find_existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    absolute = folder.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())


def find_write_trouble(folder: Path) -> str | None:
    """Return why nothing can be written to an existing folder; None when it can be.

    The file of the trial has no name, so that nobody who watches the folder sees it.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def find_nvml_trouble() -> str | None:
    """Return why NVIDIA's management library does not work; None when it does."""
    try:
        nvml = ctypes.CDLL(_NVML)
        status = nvml.nvmlInit_v2()
    except (OSError, AttributeError) as error:
        return str(error)
    if status != 0:
        return f"nvmlInit answered {status}"
    nvml.nvmlShutdown()
    return None
