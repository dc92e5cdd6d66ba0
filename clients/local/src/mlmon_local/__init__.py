"""Runs a job on this machine as an agent would, without a server."""
