"""Rules of the scheduler: plain data and pure functions."""
