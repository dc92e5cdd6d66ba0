"""A copy of the catalog in memory, which is read while PostgreSQL is away."""
