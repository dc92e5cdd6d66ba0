"""The `mlmon` command line."""
