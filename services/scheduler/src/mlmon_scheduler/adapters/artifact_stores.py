"""Open the artifact store that the settings name: a folder, or a bucket of S3."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.adapters.s3.artifacts import S3ArtifactStore, UploadSizes
from mlmon_scheduler.adapters.s3.clients import S3Client
from mlmon_scheduler.adapters.s3.inputs import S3InputObjects
from mlmon_scheduler.application.attempt_ports import ArtifactStore, GrantedTransfers
from mlmon_scheduler.application.input_ports import InputObjects
from mlmon_scheduler.domain.signatures import Signer
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import ConfigurationError

_FOLDER: Final = "MLMON_SCHEDULER_ARTIFACTS_FOLDER"
_URL: Final = "MLMON_SCHEDULER_ARTIFACTS_URL"


@dataclass(frozen=True)
class OpenedArtifacts:
    """A store of artifacts.

    Attributes:
        store: Itself.
        transfers: Takes and gives files by our own grants; None where others do.
        objects: What jobs read of S3.
        close: Lets go of what was opened.
    """

    store: ArtifactStore
    transfers: GrantedTransfers | None
    objects: InputObjects
    close: Callable[[], None]


def open_artifacts(
    folder: Path | None,
    url: str | None,
    *,
    signer: Signer,
    clock: Clock,
    sizes: UploadSizes,
    client: S3Client,
    has_buckets: bool,
) -> OpenedArtifacts:
    """Return the store; nothing is asked of S3 yet.

    Args:
        folder: Root of a folder store.
        url: `s3://<bucket>` or `s3://<bucket>/<prefix>`; just one of the two is given.
        signer: Signs the grants of a folder store.
        clock: For the expiry of grants.
        sizes: Of files and parts.
        client: Speaks to S3.
        has_buckets: Whether jobs may read some.

    Raises:
        ConfigurationError: None or both are given, the URL is no such URL, boto3 is missing, or
            the folder cannot be made.
    """
    if (folder is None) == (url is None):
        raise ConfigurationError(f"set either {_FOLDER} or {_URL} (s3://bucket/prefix)")
    if has_buckets:
        S3Client.check_installed("MLMON_SCHEDULER_INPUT_BUCKETS")
    objects = S3InputObjects(client)
    if url is not None:
        bucket, prefix = _read_url(url)
        S3Client.check_installed(_URL)
        return OpenedArtifacts(
            S3ArtifactStore(client, bucket, prefix, sizes), None, objects, client.close
        )
    assert folder is not None  # noqa: S101 - by the first check
    try:
        store = FolderArtifactStore(folder, signer, clock, limit=sizes.limit)
    except OSError as error:
        raise ConfigurationError(f"{_FOLDER}: cannot make {folder}: {error.strerror}") from error
    return OpenedArtifacts(store, store, objects, client.close)


def _read_url(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "//" in prefix:
        raise ConfigurationError(f'{_URL}: write s3://bucket or s3://bucket/prefix, not "{url}"')
    return parts.netloc, f"{prefix}/" if prefix else ""
