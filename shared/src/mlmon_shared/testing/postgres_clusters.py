"""Clusters and databases used again: initdb and migrations take longer than most tests."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from mlmon_shared.embedded.postgres import EmbeddedPostgres


def copy_cluster(stopped: EmbeddedPostgres, data_folder: Path) -> None:
    """Lay out a data folder for an `EmbeddedPostgres` like that of another one.

    Args:
        stopped: Does not run; what it keeps is copied, owners included.
        data_folder: Has no cluster yet; made if need be.
    """
    assert not stopped.is_running, "a cluster in use cannot be copied"
    data_folder.mkdir(parents=True, exist_ok=True)
    copy = data_folder / stopped.cluster_folder.name
    subprocess.run(["cp", "--archive", stopped.cluster_folder, copy], check=True)


def empty_database(server: EmbeddedPostgres, name: str, *, but: Sequence[str] = ()) -> None:
    """Delete all rows of a database, closing its connections.

    Args:
        server: Runs.
        name: Of the database.
        but: Tables that stay as they are.
    """
    tables = [
        table
        for (table,) in server.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'",
            database=name,
        )
        if table is not None and table not in but
    ]
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        database=name,
    )
    server.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY", database=name)
