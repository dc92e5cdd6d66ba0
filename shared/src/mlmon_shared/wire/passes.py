"""What other services need to check passes."""

from datetime import datetime

from mlmon_shared.wire.models import WireModel


class PassKey(WireModel):
    """The public half of a key that signs passes of people who are signed in.

    Attributes:
        public_key: As a JSON Web Key.
        expires_at: Nothing that it signed is taken from then on.
    """

    id: str
    public_key: dict[str, str]
    expires_at: datetime
