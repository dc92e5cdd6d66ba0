"""Background loops of the scheduler: idempotent, bounded, safe to run on every replica."""
