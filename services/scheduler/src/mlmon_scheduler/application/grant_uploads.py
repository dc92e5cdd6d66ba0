"""Let agents upload outputs whose content they know, while their lease is in force."""

from typing import Final, Protocol

from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.ports import RunStore
from mlmon_shared.errors import InvalidRequestError, StaleFenceError
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.states import RunState
from mlmon_shared.wire.uploads import (
    FileUpload,
    PartGrants,
    PartsUpload,
    UploadCompletion,
    UploadPlan,
)

_LEASED: Final = (RunState.LEASED, RunState.RUNNING, RunState.CANCELLING)


class _Fenced(Protocol):
    @property
    def attempt(self) -> int: ...
    @property
    def fence(self) -> str: ...
    @property
    def path(self) -> str: ...


class UploadGranter:
    """Gives the rights to upload; what a stale attempt asks for is refused.

    Args:
        runs: Live runs.
        artifacts: The store.
        configuration: Has the definitions, which name the outputs.
    """

    def __init__(
        self, runs: RunStore, artifacts: ArtifactStore, configuration: Configuration
    ) -> None:
        self._runs = runs
        self._artifacts = artifacts
        self._configuration = configuration

    async def begin_upload(self, agent_id: str, run_id: str, upload: FileUpload) -> UploadPlan:
        """Return how a file gets into the store.

        Raises:
            StaleFenceError: The lease is not in force.
            InvalidRequestError: The job's definition names no such output.
            PayloadTooLargeError: The file is larger than the store takes.
            ServiceUnavailableError: The store does not work.
        """
        attempt_id = await self._check(agent_id, run_id, upload)
        return await self._artifacts.begin_upload(
            attempt_id, upload.path, size=upload.size, sha256=upload.sha256
        )

    async def grant_parts(self, agent_id: str, run_id: str, upload: PartsUpload) -> PartGrants:
        """Return the rights to upload some parts of a file.

        Raises:
            StaleFenceError: The lease is not in force.
            InvalidRequestError: A part is too large, or there is no such output.
            ServiceUnavailableError: The store does not work.
        """
        attempt_id = await self._check(agent_id, run_id, upload)
        grants = await self._artifacts.grant_parts(
            attempt_id, upload.path, upload.upload_id, upload.parts
        )
        return PartGrants(grants=grants)

    async def complete_upload(self, agent_id: str, run_id: str, upload: UploadCompletion) -> None:
        """Put the parts of a file together; the same again changes nothing.

        Raises:
            StaleFenceError: The lease is not in force.
            NotFoundError: There is no such upload.
            InvalidRequestError: The parts are not what was uploaded.
            PreconditionFailedError: Another content is there.
            ServiceUnavailableError: The store does not work.
        """
        attempt_id = await self._check(agent_id, run_id, upload)
        manifest = ArtifactDocument(path=upload.path, size=upload.size, sha256=upload.sha256)
        # An answer that was lost is asked for again: S3 has forgotten the upload by then.
        if await self._artifacts.find_missing(attempt_id, [manifest]):
            await self._artifacts.complete_upload(
                attempt_id, upload.path, upload.upload_id, upload.parts
            )

    async def _check(self, agent_id: str, run_id: str, upload: _Fenced) -> str:
        """Return the attempt's id if this agent has its lease and the file is an output."""
        (fields,) = await self._runs.find_fields([run_id])
        if fields is None:
            await self._runs.check_known()
        if (
            fields is None
            or fields.get("fence") != upload.fence
            or fields.get("attempt") != str(upload.attempt)
            or fields.get("agent") != agent_id
            or fields["state"] not in _LEASED
        ):
            raise StaleFenceError(
                f"attempt {upload.attempt} of run {run_id} no longer holds its lease",
                run_id=run_id,
                attempt=upload.attempt,
            )
        definition = await self._configuration.get_definition(fields["job"], int(fields["version"]))
        if upload.path not in {output.path for output in definition.outputs}:
            raise InvalidRequestError.at(
                "/path", f"{upload.path} is no output of {fields['job']} v{fields['version']}"
            )
        return f"{run_id}.{upload.attempt}"
