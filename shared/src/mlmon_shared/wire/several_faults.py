"""Let one validator of a model find several things that are wrong, each at its place."""

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic_core import PydanticCustomError

SEVERAL: Final = "several_faults"
"""The type of such an error; its context has them as `faults`, location and detail of each."""

Location = Sequence[str | int]
"""Along which fields and positions, from where the validator stands."""


def refuse_if_any(faults: Iterable[tuple[Location, str]], *, kind: str = "rule_of_all") -> None:
    """Do nothing when nothing is wrong.

    Args:
        faults: Where below the validated value, and what with its remedy.
        kind: The type that each has when they are told apart.

    Raises:
        PydanticCustomError: With all of them; `mlmon_shared.wire.validation` tells them apart.
    """
    found = list(faults)
    if found:
        context = {"first": found[0][1], "faults": found, "kind": kind}
        raise PydanticCustomError(SEVERAL, "{first}", context)
