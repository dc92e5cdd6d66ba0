"""What the agent decides, without doing it: pure functions and frozen facts."""
