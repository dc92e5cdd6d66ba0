"""What authors change about job definitions that are saved."""

from abc import abstractmethod
from collections.abc import Iterable

from mlmon.errors import InvalidRequestError
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.rollouts import CanaryDocument, CanaryRequest, PinDocument, PinRequest
from mlmon_shared.wire.validation import validate
from mlmon_shared.wire.versions import DefinitionDiff


class JobDefinitions:
    """The part of `AsyncClient` for the life of job definitions; `if_match` as in `Catalogs`.

    Attributes:
        config_api: The typed client of config-api.
    """

    config_api: ConfigApiClient

    async def diff_job_definition(self, name: str, old: int, new: int) -> DefinitionDiff:
        """Return what changed from the old version to the new one, and who made each."""
        return await self.config_api.diff_job_definition(name, old, new)

    async def get_job_definition(
        self, name: str, version: int | None = None
    ) -> JobDefinitionDocument:
        """Return a version of a job definition, the current one when none is named."""
        return await self.config_api.get_job_definition(name, version)

    async def archive_job_definition(
        self, name: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return self._noted(await self.config_api.archive_job_definition(name, if_match=if_match))

    async def restore_job_definition(
        self, name: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let an archived job take runs again."""
        return self._noted(await self.config_api.restore_job_definition(name, if_match=if_match))

    async def get_pin(self, name: str, client: str) -> PinDocument:
        """Return the version of a job that a client is pinned to.

        Raises:
            NotFoundError: The client is not pinned.
        """
        return await self.config_api.get_pin(name, client)

    async def pin_client(
        self, name: str, client: str, version: int, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a client's new runs of a job use this version, whichever is current."""
        pin = validate(PinRequest, {"version": version})
        return self._noted(await self.config_api.put_pin(name, client, pin, if_match=if_match))

    async def unpin_client(
        self, name: str, client: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a client's new runs of a job use the version that others use."""
        return self._noted(await self.config_api.delete_pin(name, client, if_match=if_match))

    async def get_canary(self, name: str) -> CanaryDocument:
        """Return the version of a job that some clients try.

        Raises:
            NotFoundError: No canary of the job is in progress.
        """
        return await self.config_api.get_canary(name)

    async def set_canary(
        self,
        name: str,
        *,
        percent: float | None = None,
        clients: Iterable[str] = (),
        version: int | None = None,
        if_match: str | None = None,
    ) -> ApplyResult:
        """Change which clients try a version of a job.

        Args:
            name: Of the job.
            percent: So many of all clients; raising it keeps those who are in it.
            clients: These beside the percentage.
            version: Of the canary in progress when left out.
            if_match: `etag` of the canary as it was read.
        """
        wanted = canary_request(percent, clients, version)
        if wanted is None:
            raise InvalidRequestError("name a percent, or clients")
        return self._noted(await self.config_api.put_canary(name, wanted, if_match=if_match))

    async def roll_back_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let every client use the current version."""
        return self._noted(await self.config_api.delete_canary(name, if_match=if_match))

    async def promote_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Make the version that some clients try the current one of all."""
        return self._noted(await self.config_api.promote_canary(name, if_match=if_match))

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult:
        """Return the result, once later submissions will wait for it."""


def canary_request(
    percent: float | None, clients: Iterable[str], version: int | None = None
) -> CanaryRequest | None:
    """Return the canary that was asked for; None when neither percent nor clients are given.

    Raises:
        InvalidRequestError: The percentage or a name cannot be.
    """
    names = list(clients)
    if percent is None and not names:
        return None
    fields = {"percent": percent, "clients": names or None, "version": version}
    given = {name: value for name, value in fields.items() if value is not None}
    return validate(CanaryRequest, given)
