"""What the other queues' job does: it notes when it started; and how one is timed.

Each module here runs in a venv of its own, `python -m <name>_jobs ACTION COUNT`: `work` executes
jobs, `put` enqueues so many, `ping` enqueues one at a time, each when the one before has started.
"""

import os
import random
import struct
import sys
import time
from collections.abc import Callable

URL = os.environ["MLMON_BENCH_URL"]
_STARTS = os.environ["MLMON_BENCH_STARTS"]
_descriptor = os.open(_STARTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def note_start() -> None:
    """Append the time, a double, to the file that MLMON_BENCH_STARTS names."""
    os.write(_descriptor, struct.pack("d", time.time()))


def arguments() -> tuple[str, int]:
    """Return the action, and of how many jobs."""
    return sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0


def ping(put: Callable[[], object], count: int) -> None:
    """Print the seconds from each submission to its start, one a line."""
    for number in range(count):
        time.sleep(random.uniform(0.02, 0.06))  # noqa: S311 - a workload
        begun = time.time()
        put()
        while os.stat(_STARTS).st_size < 8 * (number + 1):  # noqa: PTH116 - often, so cheaply
            time.sleep(0.0005)
        with open(_STARTS, "rb") as starts:  # noqa: PTH123 - as above
            starts.seek(8 * number)
            (started,) = struct.unpack("d", starts.read(8))
        print(started - begun)  # noqa: T201 - what the benchmark reads
