"""Positions in the event stream, and which of them history has."""

from datetime import datetime


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


class KnownHistory:
    """How much of what this agent holds history is known to have.

    A grant that history may not know of is young: were the scheduler's state lost now, its run
    would be granted anew, so the agent stops it sooner.
    """

    def __init__(self) -> None:
        self._watermark = (0, 0, 0)
        self._adopted = (0, 0, 0)

    def note_watermark(self, *, epoch: int, position: str) -> None:
        """Note what history has of an epoch."""
        if epoch:
            self._watermark = (epoch, *position_key(position))

    def note_adoption(self, *, epoch: int, position: str) -> None:
        """Note by which event attempts were adopted, if any was."""
        if position:
            self._adopted = (epoch, *position_key(position))

    @property
    def certain(self) -> tuple[int, str]:
        """Epoch and position of the watermark; of the start while an adoption is above it."""
        if self._watermark < self._adopted:
            return self._adopted[0], ""
        epoch, milliseconds, number = self._watermark
        return epoch, f"{milliseconds}-{number}"

    def is_young(self, granted_at: datetime | None) -> bool:
        """Tell whether history may not know of a grant."""
        if granted_at is None or self._watermark < self._adopted:
            return True
        return self._watermark[1] <= granted_at.timestamp() * 1000
