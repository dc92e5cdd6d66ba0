"""Valkey and PostgreSQL started and stopped by MLMon itself, for `mlmon up` and for tests."""
