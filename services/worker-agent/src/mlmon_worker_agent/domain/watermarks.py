"""Positions in the event stream, and which of them history has."""


def position_key(position: str) -> tuple[int, int]:
    """Return a stream position such as "1712-3" as a key to compare by; "" is the lowest."""
    if not position:
        return 0, 0
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number or 0)


def is_durable(*, epoch: int, position: str, watermark_epoch: int, watermark: str) -> bool:
    """Tell whether history has an event, so that the agent may forget it.

    A watermark of another epoch says nothing: the event is synchronised anew first.
    """
    return epoch == watermark_epoch and position_key(position) <= position_key(watermark)
