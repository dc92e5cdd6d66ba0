"""The only keys of Redis that report-writer touches: it reads streams and writes watermarks."""


def events_key(shard: str, epoch: int) -> str:
    """Return the key of an epoch's stream of events."""
    return f"{{{shard}}}:events:{epoch}"


def watermark_key(shard: str, epoch: int) -> str:
    """Return the key that says how much of an epoch's stream is durable in history."""
    return f"{{{shard}}}:watermark:{epoch}"
