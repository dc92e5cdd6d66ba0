"""Typed HTTP clients of the services; they raise the same errors that the services raised."""
