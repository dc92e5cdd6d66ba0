"""The container runtime that runs plain processes."""
