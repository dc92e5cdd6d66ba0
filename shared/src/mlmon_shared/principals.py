"""Who asks: the owner of a token, as use cases see it."""

from dataclasses import dataclass

from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.states import Scope


@dataclass(frozen=True)
class AttemptIdentity:
    """The one lease of an attempt that a token stands for.

    Attributes:
        number: Of the attempt in its run.
        client: For whom the run works.
    """

    run_id: str
    number: int
    fence: str
    client: str

    @property
    def attempt_id(self) -> str:
        """The id in URLs, `<run>.<number>`."""
        return f"{self.run_id}.{self.number}"


@dataclass(frozen=True)
class Principal:
    """Who is asking.

    Attributes:
        token_id: Of the token used, or of what was shown in its place.
        name: The token's name, written into audits and runs.
        scopes: What it may do, implied scopes included.
        pool: The pool that an agent's bootstrap token serves, or that takes its instance.
        visibility: Whose runs it sees.
        attempt: Whose own token it is; it has no scopes then.
        instance_id: Of the EC2 instance that showed its signed identity in place of a token.
    """

    token_id: str
    name: str
    scopes: frozenset[Scope]
    pool: str | None = None
    visibility: Visibility = EVERYTHING
    attempt: AttemptIdentity | None = None
    instance_id: str | None = None
