"""Follow the files that a command's output goes to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from mlmon_worker_agent.adapters.process import files
from mlmon_worker_agent.application.ports import Piece

PIECE: Final = 64 * 1024
_POLL_SECONDS: Final = 0.05


async def follow_files(root: Path, is_alive: Callable[[], bool]) -> AsyncIterator[Piece]:
    """Yield what is appended to each stream's file until the writer is dead and all is read."""
    with ExitStack() as stack:
        opened: dict[str, BinaryIO] = {}
        while True:
            # Asked before reading: what was written before it died is still read.
            goes_on = is_alive()
            has_read = False
            for stream in files.STREAMS:
                if stream not in opened and (root / stream).exists():
                    opened[stream] = stack.enter_context((root / stream).open("rb"))
                file = opened.get(stream)
                if file is None:
                    continue
                offset = file.tell()
                if data := file.read(PIECE):
                    has_read = True
                    yield Piece(stream, offset, data)
            if not has_read:
                if not goes_on:
                    return
                await asyncio.sleep(_POLL_SECONDS)
