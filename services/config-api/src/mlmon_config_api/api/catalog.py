"""`/v1/catalog`."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    WRITE_PROBLEMS,
    ClockDep,
    RunHistoryDep,
    SaverDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import IfMatchHeader, read_precondition, tag_answer
from mlmon_config_api.api.pages import DryRunQuery
from mlmon_config_api.application import apply_catalog as applying
from mlmon_config_api.application.estimate_costs import add_all_costs
from mlmon_config_api.domain.catalog_readings import check_scopes, read_catalog
from mlmon_shared.errors import ConflictError, PreconditionFailedError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog_changes import CatalogChanges, CatalogResult

PATH: Final = "/v1/catalog"
BODY_LIMIT: Final = 16 * 2**20
"""Of JSON; that of other bodies holds for YAML."""

router = APIRouter(tags=["catalog"])


@router.post(
    PATH,
    responses=problem_responses(*WRITE_PROBLEMS, ConflictError, PreconditionFailedError),
    openapi_extra=request_body(CatalogChanges, is_component=False),
)
async def apply_catalog(
    *,
    response: Response,
    principal: SaverDep,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    history: RunHistoryDep,
    if_match: IfMatchHeader = None,
    dry_run: DryRunQuery = False,
) -> CatalogResult:
    """Save pools, resources, clients and job definitions together, or nothing of them.

    The `etag` of a dry run, sent back as `If-Match`, refuses to save what is not as it was planned.
    """
    # Thousands of things take a while; others are served meanwhile.
    reading = await asyncio.to_thread(read_catalog, data)
    check_scopes(reading, principal)
    result = await applying.apply_catalog(
        store,
        reading,
        by=principal.name,
        now=clock.now(),
        is_dry_run=dry_run,
        wanted=read_precondition(if_match),
    )
    tag_answer(response, result)
    if not dry_run:
        return result
    results = await add_all_costs(result.results, history)
    return result.model_copy(update={"results": results})
