"""Create history: runs, attempts, batches, and what the drain keeps about itself.

What is filtered by is generated from `fields`, so that the two cannot disagree. Ids sort by
time, and by bytes (collation "C"): order by id is order by time. The generated columns are
nullable, because PostgreSQL checks a row that an upsert proposes before it merges it.

Revision: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE runs (
        id text COLLATE "C" PRIMARY KEY,
        fields jsonb NOT NULL,
        epoch bigint NOT NULL,
        rv bigint NOT NULL,
        batch text COLLATE "C" GENERATED ALWAYS AS (nullif(fields ->> 'batch', '')) STORED,
        key text GENERATED ALWAYS AS (nullif(fields ->> 'key', '')) STORED,
        job text GENERATED ALWAYS AS (fields ->> 'job') STORED,
        client text GENERATED ALWAYS AS (fields ->> 'client') STORED,
        version bigint GENERATED ALWAYS AS (CAST(fields ->> 'version' AS bigint)) STORED,
        state text GENERATED ALWAYS AS (fields ->> 'state') STORED,
        cause text GENERATED ALWAYS AS (nullif(fields ->> 'cause', '')) STORED,
        priority bigint GENERATED ALWAYS AS (CAST(fields ->> 'priority' AS bigint)) STORED,
        labels jsonb GENERATED ALWAYS AS
            (CAST(nullif(fields ->> 'labels', '') AS jsonb)) STORED,
        created_at timestamptz GENERATED ALWAYS AS
            (to_timestamp(CAST(nullif(fields ->> 'created_at', '') AS float8) / 1000)) STORED,
        finished_at timestamptz GENERATED ALWAYS AS
            (to_timestamp(CAST(nullif(fields ->> 'finished_at', '') AS float8) / 1000)) STORED
    )
    """,
    "CREATE INDEX runs_by_batch ON runs (batch, id) INCLUDE (state) WHERE batch IS NOT NULL",
    "CREATE INDEX runs_by_client ON runs (client, id)",
    "CREATE INDEX runs_by_job ON runs (job, id)",
    "CREATE INDEX runs_by_state ON runs (state, id)",
    """
    CREATE TABLE attempts (
        id text COLLATE "C" PRIMARY KEY,
        fields jsonb NOT NULL,
        epoch bigint NOT NULL,
        rv bigint NOT NULL,
        run_id text COLLATE "C" GENERATED ALWAYS AS (split_part(id, '.', 1)) STORED,
        number bigint GENERATED ALWAYS AS (CAST(split_part(id, '.', 2) AS bigint)) STORED,
        state text GENERATED ALWAYS AS (fields ->> 'state') STORED,
        agent text GENERATED ALWAYS AS (fields ->> 'agent') STORED,
        pool text GENERATED ALWAYS AS (fields ->> 'pool') STORED,
        granted_at timestamptz GENERATED ALWAYS AS
            (to_timestamp(CAST(nullif(fields ->> 'granted_at', '') AS float8) / 1000)) STORED,
        finished_at timestamptz GENERATED ALWAYS AS
            (to_timestamp(CAST(nullif(fields ->> 'finished_at', '') AS float8) / 1000)) STORED
    )
    """,
    "CREATE UNIQUE INDEX attempts_by_run ON attempts (run_id, number)",
    """
    CREATE TABLE batches (
        id text COLLATE "C" PRIMARY KEY,
        fields jsonb NOT NULL,
        epoch bigint NOT NULL,
        rv bigint NOT NULL,
        state text GENERATED ALWAYS AS (fields ->> 'state') STORED,
        created_at timestamptz GENERATED ALWAYS AS
            (to_timestamp(CAST(nullif(fields ->> 'created_at', '') AS float8) / 1000)) STORED
    )
    """,
    """
    CREATE TABLE epochs (
        shard text NOT NULL,
        epoch bigint NOT NULL,
        instance text NOT NULL,
        begun_at timestamptz NOT NULL,
        PRIMARY KEY (shard, epoch),
        UNIQUE (shard, instance)
    )
    """,
    """
    CREATE TABLE stream_offsets (
        shard text NOT NULL,
        epoch bigint NOT NULL,
        position text NOT NULL,
        as_of timestamptz NOT NULL,
        PRIMARY KEY (shard, epoch)
    )
    """,
    """
    CREATE TABLE dead_letters (
        shard text NOT NULL,
        epoch bigint NOT NULL,
        position text NOT NULL,
        entry jsonb NOT NULL,
        error text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (shard, epoch, position)
    )
    """,
)


def upgrade() -> None:
    """Create the tables and their indexes."""
    for statement in _TABLES:
        op.execute(statement)
