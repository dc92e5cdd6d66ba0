"""What config-api does in the background."""
