"""Submit one run."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.submissions import build_run
from mlmon_scheduler.domain.catalogs import check_run
from mlmon_shared.errors import InvalidRequestError, MlmonError, NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.job_definitions import DependencyScope, JobDefinition
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.runs import DependencyDocument, RunDocument, RunSubmission
from mlmon_shared.wire.validation import summarise


class RunSubmitter:
    """Checks a submission, and enqueues it or refuses it with every fault."""

    def __init__(
        self,
        store: RunStore,
        configuration: Configuration,
        reader: RunReader,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._configuration = configuration
        self._reader = reader
        self._new_id = new_id

    async def submit_run(
        self,
        submission: RunSubmission,
        principal: Principal,
        *,
        idempotency_key: str | None = None,
        config_revision: int | None = None,
    ) -> RunDocument:
        """Create a run; the same idempotency key again returns the same run.

        Args:
            submission: What to run.
            principal: Who asks.
            idempotency_key: Chosen by the caller.
            config_revision: The newest that the caller knows of.

        Raises:
            InvalidRequestError: With every fault; nothing was stored.
            IdempotencyConflictError: The key was used with another body.
        """
        _check_time(submission.not_before)
        await self._configuration.at_least(config_revision)
        catalog = await self._configuration.naming({submission.job}, {submission.client})
        if submission.version is not None:
            await self._configuration.load_versions({(submission.job, submission.version)})
        checked, faults = check_run(
            catalog,
            job=submission.job,
            version=submission.version,
            client=submission.client,
            params=submission.params,
            at="",
        )
        if checked is None:
            raise InvalidRequestError(summarise(faults), errors=faults)
        definition = checked.version.definition
        dependencies = await self._find_parents(submission)
        faults = await self.find_unmet(definition, submission.client)
        if faults:
            raise InvalidRequestError(summarise(faults), errors=faults)
        run_id = self._new_id()
        if idempotency_key is not None:
            body = hashlib.sha256(submission.model_dump_json().encode()).hexdigest()
            made = await self._store.claim_key(principal.token_id, idempotency_key, body, run_id)
            if made != run_id and (known := await self._find_run(made)) is not None:
                return known
            run_id = made
        await self._configuration.keep({(definition.name, checked.version.version)})
        run = build_run(
            run_id,
            checked,
            client=submission.client,
            submitted_by=principal.name,
            priority=submission.priority,
            labels=submission.labels,
            dependencies=dependencies,
            not_before=submission.not_before,
        )
        await self._store.enqueue([run])
        return await self._reader.get_run(run_id)

    async def _find_run(self, run_id: str) -> RunDocument | None:
        """Return a run that an earlier try made, however long ago it ended."""
        try:
            return await self._reader.get_run(run_id)
        except NotFoundError:
            return None

    async def find_unmet(
        self, definition: JobDefinition, client: str, *, at: str = ""
    ) -> list[dict[str, str]]:
        """Return faults for dependencies of the definition that nothing can meet.

        Outside a batch a dependency on a job is met by an earlier run of it, for the same
        client, that published its outputs.
        """
        faults = []
        for dependency in definition.depends_on:
            if dependency.scope is DependencyScope.BATCH:
                detail = (
                    f"{definition.name} fans in over the runs of {dependency.job} in its batch; "
                    "submit it in a batch with them"
                )
                faults.append({"pointer": f"{at}/job", "detail": detail})
            elif await self._reader.find_published(client, dependency.job) is None:
                detail = (
                    f"{definition.name} depends on {dependency.job}, of which {client} has no "
                    f"finished run; submit both in one batch, or run {dependency.job} first"
                )
                faults.append({"pointer": f"{at}/job", "detail": detail})
        return faults

    async def _find_parents(self, submission: RunSubmission) -> list[DependencyDocument]:
        found = []
        for place, edge in enumerate(submission.depends_on):
            job = await self.find_job_of(edge.run, at=f"/depends_on/{place}/run")
            found.append(DependencyDocument(job=job, run=edge.run, when=edge.when))
        return found

    async def find_job_of(self, run_id: str, *, at: str) -> str:
        """Return the job of an existing run.

        Raises:
            InvalidRequestError: There is no such run, or it ended too long ago to wait on.
        """
        live = await self._store.find_run(run_id)
        if live is not None:
            return live.fields["job"]
        try:
            document = await self._reader.get_run(run_id)
        except NotFoundError as error:
            raise InvalidRequestError.at(at, f"there is no run {run_id}") from error
        except MlmonError as error:
            raise InvalidRequestError.at(
                at, f"run {run_id} is not live, and history does not answer"
            ) from error
        if await self._store.find_outcome(run_id) is None:
            raise InvalidRequestError.at(
                at, f"run {run_id} ended more than two days ago; leave the dependency out"
            )
        return document.job


def _check_time(not_before: datetime | None) -> None:
    """Refuse a time without an offset, and one that no UTC calendar has."""
    if not_before is None:
        return
    if not_before.tzinfo is None:
        raise InvalidRequestError.at("/not_before", "say the offset too: 2026-01-05T12:00:00Z")
    try:
        from_milliseconds(to_milliseconds(not_before))
    except (ValueError, OverflowError) as error:
        raise InvalidRequestError.at("/not_before", "the year lies outside 1 to 9999") from error
