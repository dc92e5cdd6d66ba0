"""`mlmon apply --if-match`: change the one thing of a plan only while it is as it was read."""

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_plans import Plan
from mlmon.errors import PreconditionFailedError
from mlmon_shared.clients.conditions import if_match


def count_things(plan: Plan) -> int:
    """Return how many things a plan saves."""
    lists = (plan.pools, plan.resources, plan.clients, plan.definitions)
    return sum(len(things) for things in lists)


async def check_etag(client: AsyncClient, plan: Plan, etag: str) -> None:
    """Check in a dry run that the one thing of a plan is as it was read.

    Raises:
        PreconditionFailedError: It is not; saving would tell what was changed, and by whom.
        NotFoundError: There is no such thing.
    """
    found: dict[str, str | None] = {}
    for pool in plan.pools:
        found[f"pool {pool.name}"] = (await client.get_pool(pool.name)).etag
    for resource in plan.resources:
        found[f"resource {resource.name}"] = (await client.get_resource(resource.name)).etag
    for customer in plan.clients:
        found[f"client {customer.name}"] = (await client.get_client(customer.name)).etag
    for _, definition in plan.definitions:
        name = str(definition["name"])
        found[f"job-definition {name}"] = (await client.get_job_definition(name)).etag
    wanted = if_match(etag)["If-Match"]
    for thing, current in found.items():
        if current != wanted:
            raise PreconditionFailedError(
                f"{thing} is another one than you have read; read it again", etag=current
            )
