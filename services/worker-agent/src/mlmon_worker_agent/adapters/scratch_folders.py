"""Remove what an attempt left in its scratch folder, whatever it did to it."""

import os
import shutil
from pathlib import Path
from typing import Any


def remove_folder(root: Path) -> None:
    """Remove a folder with all that is in it, also what was made read-only; or a file."""
    if root.is_dir() and not root.is_symlink():
        shutil.rmtree(root, onerror=_make_removable)
    else:
        root.unlink(missing_ok=True)


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
