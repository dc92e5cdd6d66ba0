"""How an agent begins a session: by a bootstrap token, or by what its cloud signs."""

from typing import Annotated, Final

from pydantic import Field

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.names import Name

IDENTITY_PROOF: Final = "instance-identity"
"""The `proof` of refusals that concern an identity; older schedulers know neither."""


class InstanceIdentity(WireModel):
    """What shows which EC2 instance an agent is on, in place of a bootstrap token.

    Attributes:
        document: The instance identity document, to the byte as it was signed.
        signature: Of it, RSA PKCS#1 v1.5 with SHA-256, in base64.
        pool: In which the agent wants to be.
        nonce: Made by chance and kept by the agent: while it is in contact, nobody with another
            one is taken for its instance.
    """

    document: Annotated[str, Field(min_length=2, max_length=8192)]
    signature: Annotated[str, Field(min_length=1, max_length=2048)]
    pool: Name
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22,128}$", repr=False)]


class Registration(WireModel):
    """`POST /register`, with a bootstrap token of scope `agent` or with an identity.

    Attributes:
        agent_id: Kept by the agent in its state folder, so that a restarted agent is
            the same one; made by the server when left out. With an identity it is that of the
            instance, whatever is said here.
        host: Its name, without a comma, as runs remember it.
        boot_id: The kernel's, so that a reboot is told from a restart.
        capacity: What attempts on this host may use in all.
        runtime: `docker` or `process`.
        identity: Counts only without a token.
    """

    agent_id: str | None = None
    host: Annotated[str, Field(pattern="^[^,]*$")]
    boot_id: str
    capacity: Vector
    labels: dict[str, str] = {}
    runtime: str
    agent_version: str
    identity: InstanceIdentity | None = None


class Registered(WireModel):
    """The answer to a registration; `token` goes with every later call of the session."""

    agent_id: str
    session: str
    token: str
    pool: str
    poll_timeout_seconds: float
    beat_interval_seconds: float
    stop_after_seconds: float
    kill_grace_seconds: float
