"""Where config-api's ports meet the outside."""
