"""Open the secrets of the snapshot, which config-api sealed to the scheduler's key."""

from collections.abc import Sequence

from mlmon_scheduler.errors import SecretUnavailableError
from mlmon_shared.sealing import UnsealableError, Unsealer
from mlmon_shared.wire.secrets import SealedSecret


class UnsealingOpener:
    """Implements `SecretOpener`.

    Args:
        private_keys: Of 32 bytes each; none where no secrets are used.
    """

    def __init__(self, private_keys: Sequence[bytes]) -> None:
        self._unsealer = Unsealer(private_keys) if private_keys else None

    def open(self, secret: SealedSecret) -> str:
        """Return the value.

        Raises:
            SecretUnavailableError: It was sealed to another key, or damaged.
        """
        if self._unsealer is None:
            raise SecretUnavailableError(
                f'the secret "{secret.name}" cannot be opened: the scheduler has no key; '
                "set MLMON_SCHEDULER_SECRETS_KEY_FILE"
            )
        try:
            return self._unsealer.open(secret)
        except UnsealableError as error:
            raise SecretUnavailableError(
                f'the secret "{secret.name}" cannot be opened: {error}'
            ) from error
