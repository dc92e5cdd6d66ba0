"""History in PostgreSQL."""
