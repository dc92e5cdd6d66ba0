"""The part of `Client` for job definitions that are saved."""

from collections.abc import Iterable

from mlmon.sync_bindings import SyncBindings
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.rollouts import CanaryDocument, PinDocument
from mlmon_shared.wire.versions import DefinitionDiff


class SyncJobDefinitions(SyncBindings):
    """What authors change; `mlmon.job_definitions` tells more."""

    def get_job_definition(self, name: str, version: int | None = None) -> JobDefinitionDocument:
        """Return a version of a job definition, the current one when none is named."""
        return self._call(self._inner.get_job_definition, name, version)

    def diff_job_definition(self, name: str, old: int, new: int) -> DefinitionDiff:
        """Return what changed from the old version to the new one, and who made each."""
        return self._call(self._inner.diff_job_definition, name, old, new)

    def archive_job_definition(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return self._call(self._inner.archive_job_definition, name, if_match=if_match)

    def restore_job_definition(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let an archived job take runs again."""
        return self._call(self._inner.restore_job_definition, name, if_match=if_match)

    def get_pin(self, name: str, client: str) -> PinDocument:
        """Return the version of a job that a client is pinned to."""
        return self._call(self._inner.get_pin, name, client)

    def pin_client(
        self, name: str, client: str, version: int, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a client's new runs of a job use this version, whichever is current."""
        return self._call(self._inner.pin_client, name, client, version, if_match=if_match)

    def unpin_client(self, name: str, client: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a client's new runs of a job use the version that others use."""
        return self._call(self._inner.unpin_client, name, client, if_match=if_match)

    def get_canary(self, name: str) -> CanaryDocument:
        """Return the version of a job that some clients try."""
        return self._call(self._inner.get_canary, name)

    def set_canary(
        self,
        name: str,
        *,
        percent: float | None = None,
        clients: Iterable[str] = (),
        version: int | None = None,
        if_match: str | None = None,
    ) -> ApplyResult:
        """Change which clients try a version of a job."""
        return self._call(
            self._inner.set_canary,
            name,
            percent=percent,
            clients=clients,
            version=version,
            if_match=if_match,
        )

    def roll_back_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let every client use the current version."""
        return self._call(self._inner.roll_back_canary, name, if_match=if_match)

    def promote_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Make the version that some clients try the current one of all."""
        return self._call(self._inner.promote_canary, name, if_match=if_match)
