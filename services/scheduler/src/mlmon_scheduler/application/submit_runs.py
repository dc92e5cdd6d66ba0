"""Submit one run."""

import hashlib
from collections.abc import Callable

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_parents import ParentFinder
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.submissions import build_run, look_up_job
from mlmon_scheduler.domain.catalogs import check_run
from mlmon_scheduler.domain.dependencies import explain_fan_in, find_join_faults, find_repeats
from mlmon_scheduler.domain.times import find_time_faults
from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import Visibility, check_submissions
from mlmon_shared.wire.job_definitions import DependencyScope, JobDefinition
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
        self._parents = ParentFinder(store, reader)

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
            ForbiddenError: The token is limited to other clients or jobs.
            InvalidRequestError: With every fault; nothing was stored.
            IdempotencyConflictError: The key was used with another body.
        """
        check_submissions(principal.visibility, {(submission.client, submission.job): ""})
        if faults := find_time_faults(submission, at=""):
            raise InvalidRequestError(summarise(faults), errors=faults)
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
        dependencies, faults = await self._link(submission, definition, principal.visibility)
        if faults:
            raise InvalidRequestError(summarise(faults), errors=faults)
        run_id = self._new_id()
        if idempotency_key is not None:
            body = hashlib.sha256(submission.model_dump_json().encode()).hexdigest()
            made = await self._store.claim_key(principal.token_id, idempotency_key, body, run_id)
            if (
                made != run_id
                and (known := await self._find_run(made, principal.visibility)) is not None
            ):
                return known
            run_id = made
        await self._configuration.keep({(definition.name, checked.version.version)})
        run = build_run(
            run_id,
            checked,
            client=submission.client,
            submitted_by=principal.name,
            priority=submission.priority,
            lane=submission.lane,
            labels=submission.labels,
            join=submission.join,
            on_upstream_failure=submission.on_upstream_failure,
            dependencies=dependencies,
            not_before=submission.not_before,
            start_by=submission.start_by,
            deadline=submission.deadline,
        )
        await self._store.enqueue([run])
        return await self._reader.get_run(run_id, principal.visibility)

    async def _find_run(self, run_id: str, visibility: Visibility) -> RunDocument | None:
        """Return a run that an earlier try made, however long ago it ended."""
        try:
            return await self._reader.get_run(run_id, visibility)
        except NotFoundError:
            return None

    async def _link(
        self, submission: RunSubmission, definition: JobDefinition, visibility: Visibility
    ) -> tuple[list[DependencyDocument], list[dict[str, str]]]:
        """Return what the run waits on, with every fault of it.

        A run that the submission names stands for the definition's dependency on its job.
        """
        named = [
            (f"/depends_on/{place}/run", edge.run)
            for place, edge in enumerate(submission.depends_on)
        ]
        faults = find_repeats(named)
        jobs, unknown = await self._parents.find_jobs(named, visibility)
        links = [
            DependencyDocument(job=jobs[edge.run], run=edge.run, when=edge.when)
            for edge in submission.depends_on
            if edge.run in jobs
        ]
        faults += unknown
        named_jobs = {link.job for link in links}
        for dependency in definition.depends_on:
            if dependency.scope is DependencyScope.BATCH:
                detail = explain_fan_in(definition.name, dependency.job)
                faults.append({"pointer": "/job", "detail": detail})
            elif dependency.job not in named_jobs:
                await self._reader.recall_latest(submission.client, dependency.job)
                links.append(look_up_job(dependency))
        if not faults:
            faults = find_join_faults(
                submission.join or definition.join,
                len(links),
                is_of_job=submission.join is None,
            )
        return links, faults
