"""`/v1/schemas`: JSON Schemas, for editors and forms."""

from typing import Any

from fastapi import APIRouter

from mlmon_config_api.api.deps import READ_PROBLEMS, AnyReaderDep
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.job_definitions import JobDefinition

router = APIRouter(prefix="/v1/schemas", tags=["schemas"])


@router.get(
    "/job-definition",
    operation_id="get_job_definition_schema",  # else its answer has its path in its title
    responses=problem_responses(*READ_PROBLEMS),
)
async def get_job_definition_schema(_principal: AnyReaderDep) -> dict[str, Any]:
    """Return the JSON Schema of a job definition as people write it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mlmon:schema:job-definition",
        **JobDefinition.model_json_schema(by_alias=True),
        "title": "MLMon job definition",
    }
