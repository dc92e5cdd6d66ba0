"""Versions of a job definition, compared."""

from datetime import datetime

from mlmon_shared.wire.models import WireModel


class VersionOrigin(WireModel):
    """Who made a version of a job definition, and when."""

    version: int
    created_at: datetime
    created_by: str


class DefinitionDiff(WireModel):
    """What changed from one version of a job definition to another.

    Attributes:
        diff: Unified diff of the canonical YAML, empty when both say the same.
    """

    name: str
    old: VersionOrigin
    new: VersionOrigin
    diff: str
