"""Use cases of the scheduler, and the ports that they need."""
