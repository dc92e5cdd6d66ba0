"""Input and output: PostgreSQL and Redis."""
