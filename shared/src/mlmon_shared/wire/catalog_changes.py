"""Pools, resources, clients and job definitions that are saved together, or not at all."""

from typing import Annotated, Any, Final

from pydantic import Field

from mlmon_shared.wire.catalog import ApplyResult, Client, NamedResource, Pool
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Name

_MOST_CLIENTS: Final = 100_000
_MOST_OTHERS: Final = 10_000


class CatalogChanges(StrictModel):
    """What is saved together; each may name what stands beside it.

    Attributes:
        archive: Jobs that take no new runs any more.
    """

    pools: Annotated[list[Pool], Field(max_length=_MOST_OTHERS)] = []
    resources: Annotated[list[NamedResource], Field(max_length=_MOST_OTHERS)] = []
    clients: Annotated[list[Client], Field(max_length=_MOST_CLIENTS)] = []
    job_definitions: Annotated[list[JobDefinition], Field(max_length=_MOST_OTHERS)] = []
    archive: Annotated[list[Name], Field(max_length=_MOST_OTHERS)] = []


class CatalogLists(StrictModel):
    """`CatalogChanges` before what stands in its lists is looked at."""

    pools: Annotated[list[Any], Field(max_length=_MOST_OTHERS)] = []
    resources: Annotated[list[Any], Field(max_length=_MOST_OTHERS)] = []
    clients: Annotated[list[Any], Field(max_length=_MOST_CLIENTS)] = []
    job_definitions: Annotated[list[Any], Field(max_length=_MOST_OTHERS)] = []
    archive: Annotated[list[Name], Field(max_length=_MOST_OTHERS)] = []


class CatalogResult(WireModel):
    """What saving things together did, or would do (`dry_run`).

    Attributes:
        results: Of pools, resources, clients, then of job definitions so that each comes after
            those that it depends on. Diffs of pools, resources and clients are in a dry run only.
        archived: Of the jobs that were to be archived; those that are already are `unchanged`.
        config_revision: The revision at which all is visible.
        etag: Of what is stored of all things that the request names, before it in a dry run.
            Sent back as `If-Match` it refuses to save what is not as it was planned.
    """

    results: list[ApplyResult]
    archived: list[ApplyResult] = []
    is_dry_run: bool = False
    config_revision: int
    etag: str | None = None
