"""What every FastAPI service of MLMon shares. Needs the extra `service`."""
