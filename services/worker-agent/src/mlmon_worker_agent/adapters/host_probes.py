"""Facts about this host for the doctor; nothing on it is changed."""

import tempfile
from pathlib import Path


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
