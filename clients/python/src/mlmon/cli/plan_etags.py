"""`mlmon apply --if-match`: save things only while they are as they were read or planned."""

from typing import Any

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_plans import Plan
from mlmon.errors import InvalidRequestError, PreconditionFailedError
from mlmon_shared.clients.conditions import if_match
from mlmon_shared.wire.catalog import ApplyResult

_LISTS = ("pools", "resources", "clients", "job_definitions")


def is_of_plan(etag: str) -> bool:
    """Say whether a tag is that of a dry run, not that of one thing."""
    return "." in etag


def count_things(plan: Plan) -> int:
    """Return how many things a plan saves."""
    changes = plan.as_changes()
    return sum(len(changes[name]) for name in _LISTS)


async def save_one(client: AsyncClient, plan: Plan, etag: str) -> ApplyResult:
    """Save the one thing of a plan.

    Raises:
        PreconditionFailedError: Somebody else has changed it; with what they did.
        InvalidRequestError: With every fault, its place being that of a catalog.
    """
    kind, thing = _only(plan)
    try:
        if kind == "pools":
            return await client.put_pool(thing, if_match=etag)
        if kind == "resources":
            return await client.put_resource(thing, if_match=etag)
        if kind == "clients":
            return await client.put_client(thing, if_match=etag)
        return await client.apply_job_definition(thing, if_match=etag)
    except InvalidRequestError as error:
        faults = [
            {**fault, "pointer": f"/{kind}/0{fault.get('pointer', '')}"} for fault in error.errors
        ]
        raise InvalidRequestError(error.detail, errors=faults) from error


async def check_etag(client: AsyncClient, plan: Plan, etag: str) -> None:
    """Check in a dry run that the one thing of a plan is as it was read.

    Raises:
        PreconditionFailedError: It is not; saving would tell what was changed, and by whom.
        NotFoundError: There is no such thing.
    """
    kind, thing = _only(plan)
    name = str(thing.get("name", ""))
    if kind == "pools":
        found = (await client.get_pool(name)).etag
    elif kind == "resources":
        found = (await client.get_resource(name)).etag
    elif kind == "clients":
        found = (await client.get_client(name)).etag
    else:
        found = (await client.get_job_definition(name)).etag
    if found != if_match(etag)["If-Match"]:
        raise PreconditionFailedError(
            f'"{name}" of the {kind.replace("_", " ")} is another one than you have read; '
            "read it again",
            etag=found,
        )


def _only(plan: Plan) -> tuple[str, dict[str, Any]]:
    changes = plan.as_changes()
    ((kind, thing),) = [(name, each) for name in _LISTS for each in changes[name]]
    if not isinstance(thing, dict):
        detail = "names and values are expected"
        raise InvalidRequestError(detail, errors=[{"pointer": f"/{kind}/0", "detail": detail}])
    return kind, thing
