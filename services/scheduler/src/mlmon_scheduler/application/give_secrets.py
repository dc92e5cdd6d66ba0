"""Give an attempt the secrets that its definition names, opened in memory."""

from collections.abc import Mapping
from typing import Protocol

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.domain.secrets import explain_secret_refusal
from mlmon_scheduler.errors import SecretUnavailableError
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.secrets import SealedSecret


class SecretOpener(Protocol):
    """Opens what was sealed to the scheduler's key."""

    def open(self, secret: SealedSecret) -> str:
        """Return the value.

        Raises:
            SecretUnavailableError: It cannot be opened.
        """
        ...


class SecretGiver:
    """Finds, checks and opens secrets; it keeps no value.

    Args:
        configuration: Has them sealed.
        opener: Opens them.
    """

    def __init__(self, configuration: Configuration, opener: SecretOpener) -> None:
        self._configuration = configuration
        self._opener = opener

    def give(self, definition: JobDefinition, client: str) -> Mapping[str, str]:
        """Return the values by the name of their file.

        Raises:
            SecretUnavailableError: One is not there, or not for this job or client any more, or
                cannot be opened.
        """
        secrets = self._configuration.catalog.secrets
        refusal = explain_secret_refusal(definition, client, secrets)
        if refusal is not None:
            raise SecretUnavailableError(refusal.detail)
        return {file: self._opener.open(secrets[name]) for file, name in definition.secrets.items()}
