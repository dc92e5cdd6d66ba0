"""`/v1/schemas`: JSON Schemas, for editors and forms."""

from typing import Any

from fastapi import APIRouter

from mlmon_shared.wire.job_definitions import JobDefinition

router = APIRouter(prefix="/v1/schemas", tags=["schemas"])


@router.get(
    "/job-definition",
    operation_id="get_job_definition_schema",  # else its answer has its path in its title
)
async def get_job_definition_schema() -> dict[str, Any]:
    """Return the JSON Schema of a job definition as people write it.

    Editors read it without a token, and it says nothing of this server.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mlmon:schema:job-definition",
        **JobDefinition.model_json_schema(by_alias=True),
        "title": "MLMon job definition",
    }
