"""scheduler: the queue, leases and dependencies of live runs."""
