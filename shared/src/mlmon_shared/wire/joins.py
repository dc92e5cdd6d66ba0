"""How many of its dependencies a run waits for."""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.deprecations import DeprecatedValue
from mlmon_shared.wire.models import StrictModel

EDGES_LIMIT: Final = 10_000
"""Dependencies that one run may have."""


class JoinKind(StrEnum):
    """`all` dependencies, or the first that is met."""

    ALL = "all"
    ANY = "any"


class NumberOf(StrictModel):
    """The first so many dependencies that are met."""

    n_of: Annotated[int, Field(ge=1, le=EDGES_LIMIT)]


def _check_join(value: Any) -> Any:  # noqa: ANN401 - whatever was written
    """Refuse in one sentence what pydantic would explain once for each alternative."""
    if isinstance(value, JoinKind | NumberOf) or value in tuple(JoinKind):
        return value
    number = value.get("n_of") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= EDGES_LIMIT:
        return value
    raise PydanticCustomError(
        "join",
        "write all, any, or {example} with a number from 1 to {limit}",
        {"example": "{n_of: 2}", "limit": EDGES_LIMIT},
    )


Join = Annotated[JoinKind | NumberOf, BeforeValidator(_check_join)]


FIRST_OF_ONE: Final = DeprecatedValue(
    is_meant=lambda join: isinstance(join, NumberOf) and join.n_of == 1,
    schema={
        "type": "object",
        "properties": {"n_of": {"const": 1}},
        "required": ["n_of"],
        "additionalProperties": False,
    },
    remedy="{n_of: 1} is deprecated; write any, which means the same",
)
"""Two ways to say the same make versions of definitions that do not differ."""


def edges_needed(join: JoinKind | NumberOf) -> int | None:
    """Return how many dependencies must be met; None stands for all of them."""
    if isinstance(join, NumberOf):
        return join.n_of
    return 1 if join is JoinKind.ANY else None
