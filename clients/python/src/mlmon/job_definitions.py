"""What authors change about job definitions that are saved."""

from abc import abstractmethod

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.versions import DefinitionDiff


class JobDefinitions:
    """The part of `AsyncClient` for the life of job definitions.

    Attributes:
        config_api: The typed client of config-api.
    """

    config_api: ConfigApiClient

    async def diff_job_definition(self, name: str, old: int, new: int) -> DefinitionDiff:
        """Return what changed from the old version to the new one, and who made each."""
        return await self.config_api.diff_job_definition(name, old, new)

    async def archive_job_definition(self, name: str) -> ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return self._noted(await self.config_api.archive_job_definition(name))

    async def restore_job_definition(self, name: str) -> ApplyResult:
        """Let an archived job take runs again."""
        return self._noted(await self.config_api.restore_job_definition(name))

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult:
        """Return the result, once later submissions will wait for it."""
