"""What saving would change, where the API's own dry run cannot tell.

It has one for job definitions only, and that one knows nothing of what stands beside a
definition in the same files and is not saved yet.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_plans import Plan
from mlmon.errors import InvalidRequestError, NotFoundError
from mlmon_shared.document_diffs import diff_data
from mlmon_shared.wire.catalog import ApplyResult, Client, NamedResource, Pool
from mlmon_shared.wire.job_definitions import ChangeKind, JobDefinition
from mlmon_shared.wire.validation import summarise, unknown, validate

_Thing: TypeAlias = Client | Pool | NamedResource | JobDefinition


async def change_of_client(client: AsyncClient, wanted: Client) -> ApplyResult:
    """Return what saving the client would do."""
    try:
        found = (await client.config_api.get_client(wanted.name)).as_written()
    except NotFoundError:
        return _change("client", None, wanted)
    return _change("client", found, wanted)


async def change_of_pool(client: AsyncClient, wanted: Pool) -> ApplyResult:
    """Return what saving the pool would do."""
    try:
        found = (await client.config_api.get_pool(wanted.name)).as_written()
    except NotFoundError:
        return _change("pool", None, wanted)
    return _change("pool", found, wanted)


async def change_of_resource(client: AsyncClient, wanted: NamedResource) -> ApplyResult:
    """Return what saving the named resource would do."""
    try:
        found = (await client.config_api.get_resource(wanted.name)).as_written()
    except NotFoundError:
        return _change("resource", None, wanted)
    return _change("resource", found, wanted)


async def change_of_definition(
    client: AsyncClient, wanted: Mapping[str, Any], plan: Plan
) -> ApplyResult:
    """Return what saving the definition would do, once the rest of the plan is saved.

    Raises:
        InvalidRequestError: With the faults that the rest of the plan does not mend.
    """
    try:
        return await client.apply_job_definition(wanted, dry_run=True)
    except InvalidRequestError as error:
        definition = validate(JobDefinition, wanted)
        faults = [fault for fault in error.errors if not _is_mended(fault, definition, plan)]
        if faults or not error.errors:
            raise InvalidRequestError(
                summarise(faults) if faults else error.detail, errors=faults
            ) from error
    try:
        found = (await client.config_api.get_job_definition(definition.name)).definition
    except NotFoundError:
        found = None
    return _change("job-definition", found, definition)


def _is_mended(fault: Mapping[str, str], definition: JobDefinition, plan: Plan) -> bool:
    """Tell whether the fault is only that something of the plan is not saved yet."""
    detail, pointer = fault.get("detail", ""), fault.get("pointer", "")
    outputs = {
        job["name"]: {output["path"] for output in job.get("outputs", [])}
        for _, job in plan.definitions
    }
    if pointer.startswith("/inputs/") and pointer.endswith("/from"):
        wanted = definition.inputs[int(pointer.split("/")[2])]
        return wanted.path in outputs.get(wanted.job, set())
    if pointer.startswith("/concurrency/resources/"):
        name = pointer.rsplit("/", 1)[1]
        amount = definition.concurrency.resources[name]
        return any(each.name == name and amount <= each.capacity for each in plan.resources)
    names = [unknown("job", name, []) for name in outputs]
    names += [unknown("pool", pool.name, []) for pool in plan.pools]
    return any(detail == name or detail.startswith(f"{name};") for name in names)


def _change(kind: str, found: _Thing | None, wanted: _Thing) -> ApplyResult:
    change: ChangeKind = "changed"
    if found is None:
        change = "created"
    elif found == wanted:
        change = "unchanged"
    return ApplyResult(
        kind=kind,
        name=wanted.name,
        change=change,
        diff=diff_data(_data(found), _data(wanted), old_title="saved", new_title="new"),
        is_dry_run=True,
        config_revision=0,
    )


def _data(thing: _Thing | None) -> dict[str, Any] | None:
    return thing.model_dump(mode="json", by_alias=True) if thing is not None else None
