"""What another process may learn of an agent: when it last heard of the scheduler.

Little is imported here and by `boots`: a container's health check starts Python every few seconds.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

JOURNAL: Final = "journal.sqlite3"
"""In the agent's state folder."""


def find_last_contact(state_folder: Path, *, boot_id: str) -> float | None:
    """Return when the scheduler last acknowledged the agent of a state folder.

    Args:
        state_folder: Not changed.
        boot_id: Of the present boot, whose monotonic clock the answer is of.

    Returns:
        None when there was no contact in this boot, or there is no journal.
    """
    path = (state_folder / JOURNAL).absolute()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as journal:
            row = journal.execute(
                "SELECT monotonic FROM contacts WHERE boot_id = ?", (boot_id,)
            ).fetchone()
    except sqlite3.OperationalError:
        return None
    return float(row[0]) if row else None
