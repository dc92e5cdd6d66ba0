"""The agent's background loops."""
