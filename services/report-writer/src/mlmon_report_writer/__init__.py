"""report-writer: drains events into history and serves it."""
