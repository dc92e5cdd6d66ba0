"""What services say about themselves at `/healthz` and `/readyz`."""

from mlmon_shared.wire.models import WireModel


class Health(WireModel):
    """The process is alive.

    Attributes:
        version: Of the service; None where an older one answers.
    """

    status: str = "ok"
    version: str | None = None


class Readiness(WireModel):
    """Each dependency's state: `ok`, or a sentence that says what is wrong."""

    status: str
    dependencies: dict[str, str]
