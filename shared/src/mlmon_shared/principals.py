"""Who asks: the owner of a token, as use cases see it."""

from dataclasses import dataclass

from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.states import Scope


@dataclass(frozen=True)
class Principal:
    """Who is asking.

    Attributes:
        token_id: Of the token used.
        name: The token's name, written into audits and runs.
        scopes: What it may do, implied scopes included.
        pool: The pool that an agent's bootstrap token serves.
        visibility: Whose runs it sees.
    """

    token_id: str
    name: str
    scopes: frozenset[Scope]
    pool: str | None = None
    visibility: Visibility = EVERYTHING
