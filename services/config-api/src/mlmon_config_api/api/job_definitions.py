"""`/v1/job-definitions`."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    AuthorDep,
    ClockDep,
    JobReaderDep,
    ReaderDep,
    RunHistoryDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import (
    MAXIMUM_VERSION,
    CursorQuery,
    DryRunQuery,
    LimitQuery,
    NamePath,
    PageDep,
    VersionPath,
    WithVersionQuery,
    cut_page,
    decode_number_cursor,
    read_canary,
)
from mlmon_config_api.application import apply_job_definition as applying
from mlmon_config_api.application import archive_job_definitions as archiving
from mlmon_config_api.application.estimate_costs import add_costs
from mlmon_config_api.application.get_job_definitions import (
    diff_versions,
    get_definition,
    hide_secrets,
    list_definition_versions,
    tagged,
)
from mlmon_config_api.domain.visible_definitions import show_definition
from mlmon_shared.errors import ConflictError, NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument, JobDefinitionPage
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.versions import DefinitionDiff

router = APIRouter(prefix="/v1/job-definitions", tags=["job definitions"])

ArchivedQuery = Annotated[bool, Query(description="List archived jobs too.")]
CanaryPercentQuery = Annotated[
    float | None,
    Query(
        gt=0, le=100, description="Let so many of the clients try the version; others keep theirs."
    ),
]
CanaryClientsQuery = Annotated[
    str | None,
    Query(max_length=20_000, description="Let these clients try the version: `a,b`."),
]


@router.post(
    "",
    responses={
        201: {"model": ApplyResult, "description": "A new version was stored"},
        **problem_responses(*SAVE_PROBLEMS, ConflictError),
    },
    openapi_extra=request_body(JobDefinition),
)
async def apply_job_definition(
    *,
    principal: AuthorDep,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    history: RunHistoryDep,
    wanted: PreconditionDep,
    response: Response,
    dry_run: DryRunQuery = False,
    canary_percent: CanaryPercentQuery = None,
    canary_clients: CanaryClientsQuery = None,
) -> ApplyResult:
    """Save a job definition given as YAML or JSON; the same content again changes nothing."""
    result = await applying.apply_job_definition(
        store,
        data,
        by=principal.name,
        now=clock.now(),
        is_dry_run=dry_run,
        canary=read_canary(canary_percent, canary_clients),
        wanted=wanted,
    )
    if result.plan is not None:
        plan = await add_costs(result.plan, result.name, history)
        result = result.model_copy(update={"plan": plan})
    is_stored = result.change != "unchanged" and not result.is_dry_run
    response.status_code = 201 if is_stored else 200
    return tag_answer(response, result)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_job_definitions(
    principal: JobReaderDep, page: PageDep, store: StoreDep, *, archived: ArchivedQuery = False
) -> JobDefinitionPage:
    """List the current version of every job definition, by name."""
    visibility = principal.visibility
    async with store.read() as catalog:
        wanted = replace(page, names=visibility.jobs)
        found = await catalog.definitions.list_page(wanted, with_archived=archived)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    hidden = await hide_secrets(store, visibility)
    shown = [show_definition(tagged(item), visibility, hidden) for item in items]
    return JobDefinitionPage(items=shown, next_cursor=next_cursor)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_job_definition(
    principal: JobReaderDep, name: NamePath, store: StoreDep, response: Response
) -> JobDefinitionDocument:
    """Return the current version of a job definition."""
    found = await get_definition(store, name)
    hidden = await hide_secrets(store, principal.visibility)
    return tag_answer(response, show_definition(found, principal.visibility, hidden))


@router.get("/{name}/versions", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def list_job_definition_versions(
    principal: JobReaderDep,
    name: NamePath,
    store: StoreDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> JobDefinitionPage:
    """List the versions of a job definition, the newest first."""
    before = decode_number_cursor(cursor, most=MAXIMUM_VERSION)
    found = await list_definition_versions(store, name, before=before, limit=limit + 1)
    items, next_cursor = cut_page(found, limit + 1, lambda item: str(item.version))
    hidden = await hide_secrets(store, principal.visibility)
    shown = [show_definition(item, principal.visibility, hidden) for item in items]
    return JobDefinitionPage(items=shown, next_cursor=next_cursor)


@router.get(
    "/{name}/versions/{version}", responses=problem_responses(*READ_PROBLEMS, NotFoundError)
)
async def get_job_definition_version(
    principal: JobReaderDep, name: NamePath, version: VersionPath, store: StoreDep
) -> JobDefinitionDocument:
    """Return one version of a job definition."""
    found = await get_definition(store, name, version)
    hidden = await hide_secrets(store, principal.visibility)
    return show_definition(found, principal.visibility, hidden)


@router.get(
    "/{name}/versions/{version}/diff", responses=problem_responses(*READ_PROBLEMS, NotFoundError)
)
async def diff_job_definition_versions(
    _principal: ReaderDep,
    name: NamePath,
    version: VersionPath,
    other: WithVersionQuery,
    store: StoreDep,
) -> DefinitionDiff:
    """Return what changed from the version `with` to this one, with who made each and when."""
    return await diff_versions(store, name, old=other, new=version)


@router.post(
    "/{name}/archive", responses=problem_responses(*DEED_PROBLEMS, NotFoundError, ConflictError)
)
async def archive_job_definition(
    *,
    principal: AuthorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let a job take no new runs; it keeps its versions, and runs that exist go on."""
    result = await archiving.archive_job_definition(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.post(
    "/{name}/restore", responses=problem_responses(*DEED_PROBLEMS, NotFoundError, ConflictError)
)
async def restore_job_definition(
    *,
    principal: AuthorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let an archived job take runs again."""
    result = await archiving.restore_job_definition(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)
