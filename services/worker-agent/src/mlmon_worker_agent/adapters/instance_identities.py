"""The signed identity of this EC2 instance, as it is shown in place of a token."""

from mlmon_shared.errors import UnauthenticatedError
from mlmon_shared.wire.registrations import IDENTITY_PROOF, InstanceIdentity
from mlmon_worker_agent.adapters.instance_metadata import InstanceMetadata


class InstanceIdentities:
    """Reads the identity anew each time it is shown.

    Args:
        metadata_url: Of the instance's metadata service.
        pool: In which the agent wants to be.
        nonce: The agent's own.
    """

    def __init__(self, metadata_url: str, *, pool: str, nonce: str) -> None:
        self._metadata_url = metadata_url
        self._pool = pool
        self._nonce = nonce

    async def read(self) -> InstanceIdentity:
        """Return what to show.

        Raises:
            ServerUnreachableError: The metadata service does not say.
        """
        async with InstanceMetadata(self._metadata_url) as metadata:
            document, signature = await metadata.read_identity()
        return InstanceIdentity(
            document=document, signature=signature, pool=self._pool, nonce=self._nonce
        )


def explain_refusal(error: UnauthenticatedError) -> UnauthenticatedError:
    """Return the error of an identity refused, with what to do where the scheduler knows none."""
    if error.extras.get("proof") == IDENTITY_PROOF:
        return error
    return UnauthenticatedError(
        "this scheduler does not know identities of instances: it is older than this agent; "
        "upgrade it, or set MLMON_AGENT_BOOTSTRAP_TOKEN in place of MLMON_AGENT_INSTANCE_IDENTITY"
    )
