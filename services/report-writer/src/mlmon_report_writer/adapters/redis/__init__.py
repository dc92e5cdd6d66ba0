"""Events and watermarks in Redis."""
