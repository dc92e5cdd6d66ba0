"""The HTTP routes of config-api, one module per noun."""
