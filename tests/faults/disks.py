"""Small file systems that fill up; mounting them needs root."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

MIB = 2**20


@contextlib.contextmanager
def small_tmpfs(folder: Path, size: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> Path:
    """Take all the space that is left; return the file that has it."""
    ballast = folder / ".ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(64 * 1024)):
            continue
    return ballast
