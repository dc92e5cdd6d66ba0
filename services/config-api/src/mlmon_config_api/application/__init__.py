"""The use cases of config-api and the ports that they need."""
