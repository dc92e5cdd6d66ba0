"""The container runtime that runs attempts in containers of a Docker engine."""
