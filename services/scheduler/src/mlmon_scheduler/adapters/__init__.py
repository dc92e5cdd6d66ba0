"""I/O of the scheduler: Redis, the artifact folder."""
