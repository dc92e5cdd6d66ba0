"""What a job definition means, for the services and for running it without them."""
