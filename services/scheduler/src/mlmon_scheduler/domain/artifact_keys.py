"""Where a file of an attempt is in a store: `<run>/<attempt>/<path>`."""

from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.wire.names import check_relative_path


def split_attempt_id(attempt_id: str) -> tuple[str, str]:
    """Return run and number of an attempt, each fit to be the name of a folder.

    Raises:
        NotFoundError: No attempt has such an id.
    """
    run_id, _, number = attempt_id.rpartition(".")
    for part in (run_id, number):
        if not part or not all(letter.isalnum() or letter in "-_" for letter in part):
            raise NotFoundError(f"{attempt_id} is not the id of an attempt")
    return run_id, number


def check_artifact_path(path: str) -> str:
    """Return the path when it stays inside the attempt's folder.

    Raises:
        InvalidRequestError: It does not.
    """
    try:
        return check_relative_path(path)
    except ValueError as error:
        raise InvalidRequestError(f"{path} is not the path of an artifact: {error}") from error


def artifact_key(attempt_id: str, path: str) -> str:
    """Return the name of a file in a store that has no folders.

    Raises:
        NotFoundError: No attempt has such an id.
        InvalidRequestError: The path leaves the attempt's folder.
    """
    return "/".join((*split_attempt_id(attempt_id), check_artifact_path(path)))


def read_artifact_key(key: str) -> tuple[str, str] | None:
    """Return attempt and path of a name that `artifact_key` made; None for another."""
    run_id, _, rest = key.partition("/")
    number, _, path = rest.partition("/")
    attempt_id = f"{run_id}.{number}"
    try:
        made = artifact_key(attempt_id, path)
    except (NotFoundError, InvalidRequestError):
        return None
    return (attempt_id, path) if made == key else None
