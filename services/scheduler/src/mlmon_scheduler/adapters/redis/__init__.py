"""Live runs in Redis: keys, Lua scripts and the store that calls them."""
