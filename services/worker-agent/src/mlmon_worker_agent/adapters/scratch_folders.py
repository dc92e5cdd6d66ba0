"""Measure an attempt's scratch folder, and remove what is left in it, whatever was done to it."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

_BLOCK: Final = 512
"""In which the kernel counts, whatever the file system's own size of a block."""


def remove_folder(root: Path) -> None:
    """Remove a folder with all that is in it, also what was made read-only; or a file."""
    if root.is_dir() and not root.is_symlink():
        shutil.rmtree(root, onerror=_make_removable)
    else:
        root.unlink(missing_ok=True)


def measure_folder(root: Path) -> int:
    """Return how many bytes of the disk a folder takes; what vanishes meanwhile is left out."""
    total, left = 0, [str(root)]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except OSError:
            # Gone, or closed to us: what a command hides from its agent, the free disk shows.
            continue
    return total


def _make_removable(function: Any, path: str, _: object) -> None:  # noqa: ANN401 - shutil's own
    """Remove what the command has made read-only."""
    if not Path(path).exists() and not Path(path).is_symlink():
        return
    Path(path).parent.chmod(0o700)
    if not Path(path).is_symlink():
        Path(path).chmod(0o700)
    if function in {os.open, os.scandir, os.lstat}:
        shutil.rmtree(path, ignore_errors=True)
    else:
        function(path)
