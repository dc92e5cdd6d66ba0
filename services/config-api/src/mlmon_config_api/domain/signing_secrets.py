"""What is stored of the secrets that sign what webhooks are sent."""

from dataclasses import dataclass, field
from datetime import datetime

from mlmon_config_api.domain.secrets import Envelope


@dataclass(frozen=True)
class StoredSigningSecret:
    """A secret of a webhook as it is stored: in an envelope, or plain where there are no keys.

    Attributes:
        expires_at: When it ends to sign; None for the newest.
        envelope: The secret, encrypted; None for one that is plain.
        plain: The secret as it is; empty for one in an envelope.
    """

    created_at: datetime
    expires_at: datetime | None = None
    envelope: Envelope | None = None
    plain: str = field(default="", repr=False)

    @property
    def wrapped_by(self) -> str | None:
        """The key that wraps it; None for one that is plain."""
        return self.envelope.key_id if self.envelope is not None else None
