"""Clusters and databases used again: initdb and migrations take longer than most tests."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.postgres_wire import quoted_text

# One statement on one connection, and no TRUNCATE, which makes every table's files anew: most
# tables have no rows or few, and tests ask for this hundreds of times.
_EMPTY: Final = """
DO $$
DECLARE
    each record;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    -- Foreign keys ask for no order.
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR each IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> ALL (KEPT)
    LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


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
    kept = ", ".join(quoted_text(table) for table in but)
    server.execute(_EMPTY.replace("KEPT", f"ARRAY[{kept}]::text[]"), database=name)
