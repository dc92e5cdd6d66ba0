"""`/v1/job-definitions`."""

from fastapi import APIRouter, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    AuthorDep,
    ClockDep,
    ReaderDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep
from mlmon_config_api.api.pages import (
    MAXIMUM_VERSION,
    CursorQuery,
    DryRunQuery,
    LimitQuery,
    NamePath,
    PageDep,
    VersionPath,
    cut_page,
    decode_number_cursor,
)
from mlmon_config_api.application import apply_job_definition as applying
from mlmon_config_api.application.get_job_definitions import (
    get_definition,
    list_definition_versions,
)
from mlmon_config_api.domain.documents import etag_of
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument, JobDefinitionPage
from mlmon_shared.wire.job_definitions import JobDefinition

router = APIRouter(prefix="/v1/job-definitions", tags=["job definitions"])


@router.post(
    "",
    responses={
        201: {"model": ApplyResult, "description": "A new version was stored"},
        **problem_responses(*SAVE_PROBLEMS),
    },
    openapi_extra=request_body(JobDefinition),
)
async def apply_job_definition(
    *,
    principal: AuthorDep,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
    dry_run: DryRunQuery = False,
) -> ApplyResult:
    """Save a job definition given as YAML or JSON; the same content again changes nothing."""
    result = await applying.apply_job_definition(
        store, data, by=principal.name, now=clock.now(), is_dry_run=dry_run, wanted=wanted
    )
    is_stored = result.change != "unchanged" and not result.is_dry_run
    response.status_code = 201 if is_stored else 200
    return result


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_job_definitions(
    _principal: ReaderDep, page: PageDep, store: StoreDep
) -> JobDefinitionPage:
    """List the current version of every job definition, by name."""
    async with store.read() as catalog:
        found = await catalog.definitions.list_page(page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return JobDefinitionPage(items=items, next_cursor=next_cursor)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_job_definition(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> JobDefinitionDocument:
    """Return the current version of a job definition."""
    found = await get_definition(store, name)
    response.headers["ETag"] = etag_of(found.definition)
    return found


@router.get("/{name}/versions", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def list_job_definition_versions(
    _principal: ReaderDep,
    name: NamePath,
    store: StoreDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> JobDefinitionPage:
    """List the versions of a job definition, the newest first."""
    before = decode_number_cursor(cursor, most=MAXIMUM_VERSION)
    found = await list_definition_versions(store, name, before=before, limit=limit + 1)
    items, next_cursor = cut_page(found, limit + 1, lambda item: str(item.version))
    return JobDefinitionPage(items=items, next_cursor=next_cursor)


@router.get(
    "/{name}/versions/{version}", responses=problem_responses(*READ_PROBLEMS, NotFoundError)
)
async def get_job_definition_version(
    _principal: ReaderDep, name: NamePath, version: VersionPath, store: StoreDep
) -> JobDefinitionDocument:
    """Return one version of a job definition."""
    return await get_definition(store, name, version)
