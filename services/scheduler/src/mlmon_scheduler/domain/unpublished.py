"""Which stored files nobody will ever see."""

from mlmon_shared.wire.log_archives import is_log_path
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState


def is_unpublished_for_good(run: RunDocument | None, attempt: int, path: str) -> bool:
    """Tell whether a file of an attempt is not published, and never will be.

    Args:
        run: Whose file it is; of one that nobody knows (None) everything is kept, since that
            may be a fault of ours.
        attempt: Number of the attempt.
        path: Of the file.
    """
    if is_log_path(path):
        # Archived logs are kept for a time of their own.
        return False
    if run is None or run.state not in FINAL_RUN_STATES:
        return False
    is_published = (
        run.state is RunState.SUCCEEDED
        and run.attempt == attempt
        and any(artifact.path == path for artifact in run.artifacts)
    )
    return not is_published
