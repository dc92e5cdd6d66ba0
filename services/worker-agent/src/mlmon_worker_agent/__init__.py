"""worker-agent: leases attempts over HTTP and runs them on its host."""
