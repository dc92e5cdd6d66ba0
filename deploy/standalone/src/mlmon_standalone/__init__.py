"""MLMon on one machine: all services, an embedded Valkey and PostgreSQL, and agents."""
