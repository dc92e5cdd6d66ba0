"""Mask the secrets that a command prints, in output that is cut anywhere."""

from collections.abc import Iterable
from typing import Final

SHORTEST: Final = 6
"""Bytes; shorter values would mask what only looks like them."""
_MASK: Final = b"*"


def masked_texts(secrets: Iterable[str]) -> list[bytes]:
    """Return what is masked: each value, and each line of it, if it is long enough."""
    texts = {text.strip() for value in secrets for text in (value, *value.splitlines())}
    encoded = {text.encode(errors="surrogateescape") for text in texts}
    return sorted((text for text in encoded if len(text) >= SHORTEST), key=len, reverse=True)


class OutputMask:
    """Puts `*` for every byte of a secret, so that offsets in the stream stay what they are.

    What may be the beginning of a secret is kept back until more output, or the end, tells.

    Args:
        texts: What is masked, see `masked_texts`.
    """

    def __init__(self, texts: list[bytes]) -> None:
        self._texts = texts
        self._start = 0
        self._kept = b""
        self._hidden = bytearray()

    def feed(self, offset: int, data: bytes) -> list[tuple[int, bytes]]:
        """Take output from this offset on; return what can be shown, each with its offset."""
        if not self._texts:
            return [(offset, data)]
        shown = []
        if offset != self._start + len(self._kept):
            shown += self.flush()
            self._start = offset
        self._kept += data
        self._hidden.extend(bytes(len(data)))
        self._hide()
        shown += self._show(self._find_beginning())
        return shown

    def flush(self) -> list[tuple[int, bytes]]:
        """Return what was kept back: the output has ended."""
        return self._show(len(self._kept))

    def _hide(self) -> None:
        for text in self._texts:
            place = self._kept.find(text)
            while place >= 0:
                self._hidden[place : place + len(text)] = b"\1" * len(text)
                place = self._kept.find(text, place + 1)

    def _find_beginning(self) -> int:
        """Return where the longest end begins that a secret may begin with."""
        found = len(self._kept)
        for text in self._texts:
            place = max(len(self._kept) - len(text) + 1, 0)
            while 0 <= (place := self._kept.find(text[:1], place)) < found:
                if text.startswith(self._kept[place:]):
                    found = place
                    break
                place += 1
        return found

    def _show(self, count: int) -> list[tuple[int, bytes]]:
        if count == 0:
            return []
        data, hidden = self._kept[:count], self._hidden[:count]
        if any(hidden):
            data = b"".join(
                _MASK if is_hidden and byte != b"\n" else byte
                for byte, is_hidden in zip(_bytes_of(data), hidden, strict=True)
            )
        offset = self._start
        self._kept, self._hidden = self._kept[count:], self._hidden[count:]
        self._start += count
        return [(offset, data)]


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]
