"""Which release of the agent the hosts of a pool are to run."""

from typing import Annotated

from pydantic import Field

from mlmon_shared.wire.models import StrictModel

UPDATE_FAULT_LIMIT = 500
"""Characters of `Beat.update_fault`."""


class AgentRelease(StrictModel):
    """A package of the agent (`mlmon-agent.pyz`), as an agent fetches it.

    Attributes:
        version: What the package answers to `--version`.
        url: Where the file is; it is fetched as it is, without a token.
        sha256: Of the file, in hexadecimal: which file is taken, and no other.
    """

    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]*$", max_length=100)]
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+/\S*$", max_length=2000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
