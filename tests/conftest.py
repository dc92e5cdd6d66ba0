"""Loads the fixtures that all tests share."""

pytest_plugins = ["mlmon_shared.testing.plugin"]
