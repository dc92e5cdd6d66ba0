"""What the command of an attempt may do with the attempt's own token."""

from collections.abc import Mapping

from mlmon_scheduler.application.attempt_ports import ProgressStore
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.errors import NotFoundError, StaleFenceError
from mlmon_shared.principals import AttemptIdentity
from mlmon_shared.wire.job_definitions import Input
from mlmon_shared.wire.progress import ProgressReport
from mlmon_shared.wire.records import dependencies_of
from mlmon_shared.wire.runs import DependencyDocument, RunDocument
from mlmon_shared.wire.states import RunState

_RUNNING = frozenset({RunState.RUNNING, RunState.CANCELLING})
_ARTIFACT = "artifact:"


class AttemptRights:
    """Lets an attempt that runs report, read its own run, and read the files of its inputs.

    Each method refuses an attempt that is not the current one of its run: the right dies with the
    fence.

    Args:
        runs: Live runs.
        reader: Of the runs that published inputs.
        configuration: Says which inputs a job has.
        progress: Keeps reports.
    """

    def __init__(
        self,
        runs: RunStore,
        reader: RunReader,
        configuration: Configuration,
        progress: ProgressStore,
    ) -> None:
        self._runs = runs
        self._reader = reader
        self._configuration = configuration
        self._progress = progress

    async def report(self, attempt: AttemptIdentity, report: ProgressReport) -> None:
        """Take how far an attempt is; the same again changes nothing.

        Raises:
            StaleFenceError: It does not run any more.
            InvalidRequestError: It has reported too many metrics by now.
        """
        await self._progress.report(attempt, report)

    async def check_run(self, attempt: AttemptIdentity, run_id: str) -> None:
        """Refuse any run but the attempt's own.

        Raises:
            StaleFenceError: It does not run any more.
            NotFoundError: It is another run.
            StoreUnavailableError: It is not known, and a recovery goes on.
        """
        await self._find_current(attempt)
        if run_id != attempt.run_id:
            raise NotFoundError(f"there is no run {run_id} for this token", run_id=run_id)

    async def check_input(self, attempt: AttemptIdentity, run_id: str, path: str) -> None:
        """Refuse any artifact but those that are inputs of the attempt.

        Raises:
            StaleFenceError: It does not run any more.
            NotFoundError: The artifact is none of its inputs.
        """
        own = await self._find_current(attempt)
        definition = await self._configuration.get_definition(own["job"], int(own["version"]))
        named = [
            wanted
            for wanted in definition.inputs
            if wanted.source.startswith(_ARTIFACT) and wanted.path == path
        ]
        if named:
            source = await self._reader.get_run(run_id)
            if any(_is_input(wanted, own, source) for wanted in named):
                return
        raise NotFoundError(
            f"{path} of run {run_id} is no input of run {attempt.run_id}", run_id=run_id
        )

    async def _find_current(self, attempt: AttemptIdentity) -> Mapping[str, str]:
        (fields,) = await self._runs.find_fields([attempt.run_id])
        if fields is None:
            await self._runs.check_known()
        if (
            fields is None
            or fields.get("fence") != attempt.fence
            or fields.get("attempt") != str(attempt.number)
            or fields["state"] not in _RUNNING
        ):
            raise over(attempt, fields["state"] if fields is not None else "")
        return fields


def over(attempt: AttemptIdentity, state: str) -> StaleFenceError:
    """Return the refusal of an attempt that is not the current one of its run.

    Args:
        attempt: Whose token was sent.
        state: Of its run; empty when that is not live.
    """
    return StaleFenceError(
        f"attempt {attempt.number} of run {attempt.run_id} is over, and its token with it; "
        f"the run is {state or 'not live'}",
        run_id=attempt.run_id,
        attempt=attempt.number,
    )


def _is_input(wanted: Input, own: Mapping[str, str], source: RunDocument) -> bool:
    """Tell whether a run is one that an input may be of, as accepting decides it."""
    if source.job != wanted.job:
        return False
    links = [DependencyDocument.model_validate(link) for link in dependencies_of(own)]
    upstream = [link for link in links if link.job == wanted.job]
    if any(link.run == source.id for link in upstream):
        return True
    if any(link.group is not None for link in upstream):
        return source.batch is not None and source.batch == own.get("batch")
    # The newest that the client's run of the job published, which may have changed since.
    return not upstream and source.client == own["client"]
