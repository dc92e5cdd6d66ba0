"""Everything of the agent that touches the host, the journal or the network."""
