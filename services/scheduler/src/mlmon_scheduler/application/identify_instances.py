"""Decide what a signed identity of an instance is worth."""

from typing import Protocol

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.domain.instances import Instance, explain_mismatch, read_instance
from mlmon_shared.errors import ForbiddenError, UnauthenticatedError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.registrations import IDENTITY_PROOF, InstanceIdentity
from mlmon_shared.wire.states import Scope


class SignatureChecker(Protocol):
    """Knows whose signatures count."""

    def is_signed(self, document: str, signature: str) -> bool:
        """Tell whether one of those has signed exactly this."""


class InstanceIdentifier:
    """Turns identities into principals that may register one agent in one pool.

    Args:
        configuration: For pools.
        signatures: Of the cloud; None where identities are not taken.
    """

    def __init__(self, configuration: Configuration, signatures: SignatureChecker | None) -> None:
        self._configuration = configuration
        self._signatures = signatures

    def identify(self, identity: InstanceIdentity) -> Principal:
        """Return who it is, once the signature and what the pool asks for are checked.

        Raises:
            UnauthenticatedError: It is not signed by whom we trust.
            ForbiddenError: No identities are taken here, or the pool does not take this instance.
        """
        if self._signatures is None:
            raise _forbidden(
                "this scheduler takes no identities of instances; set "
                "MLMON_SCHEDULER_INSTANCE_CERTIFICATES_FILE, or register with a bootstrap token"
            )
        if not self._signatures.is_signed(identity.document, identity.signature):
            raise UnauthenticatedError(
                "no pinned certificate that is valid now has signed the identity document; pin the "
                "RSA certificate of the instance's region "
                "(MLMON_SCHEDULER_INSTANCE_CERTIFICATES_FILE)",
                proof=IDENTITY_PROOF,
            )
        try:
            instance = read_instance(identity.document)
        except ValueError as error:
            raise UnauthenticatedError(
                f"what is signed is no identity document: {error}", proof=IDENTITY_PROOF
            ) from error
        self._check_pool(instance, identity.pool)
        return Principal(
            token_id=f"instance {instance.id}",
            name=f"instance {instance.id}",
            scopes=frozenset({Scope.AGENT}),
            pool=identity.pool,
            instance_id=instance.id,
        )

    def _check_pool(self, instance: Instance, name: str) -> None:
        pool = self._configuration.catalog.pools.get(name)
        # Anybody who has an instance can come so far: which pools there are is not for them.
        if pool is None or pool.instances is None:
            raise _forbidden(
                f"no pool {name} takes agents by the identity of their instance; say in its "
                "`instances` which ones it takes"
            )
        mismatch = explain_mismatch(instance, pool.instances)
        if mismatch is not None:
            raise _forbidden(
                f"the pool {name} does not take the instance {instance.id}: {mismatch}; "
                "its `instances` says which ones it takes"
            )


def _forbidden(detail: str) -> ForbiddenError:
    return ForbiddenError(detail, proof=IDENTITY_PROOF)
