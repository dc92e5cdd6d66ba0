"""config-api: what can run, for whom and where."""
