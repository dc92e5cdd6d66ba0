"""What every MLMon package shares: wire models, HTTP clients, errors, settings, logging."""
