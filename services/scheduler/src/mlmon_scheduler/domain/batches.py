"""The graph of a batch: edges between its items, in an order that loads parents first."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

_SHOWN_ENDS: Final = 20


class BatchCycleError(ValueError):
    """Items of a batch wait on each other in a circle.

    Attributes:
        path: Keys along the circle, the first repeated at the end.
    """

    def __init__(self, path: Sequence[str]) -> None:
        shown = list(path)
        if (left_out := len(path) - 2 * _SHOWN_ENDS) > 1:
            shown = [*path[:_SHOWN_ENDS], f"… {left_out} more …", *path[-_SHOWN_ENDS:]]
        super().__init__(" → ".join(shown))
        self.path = list(path)


def loading_order(parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys so that each comes after its parents, else in the order given.

    Args:
        parents: Of each key, every parent being a key too.

    Raises:
        BatchCycleError: The edges form a circle.
    """
    sorter = TopologicalSorter(parents)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        # graphlib names each node's predecessor; a reader follows the other direction.
        raise BatchCycleError(list(reversed(error.args[1]))) from error
