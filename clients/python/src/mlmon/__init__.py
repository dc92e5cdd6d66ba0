"""MLMon for Python: the client and the command line."""
