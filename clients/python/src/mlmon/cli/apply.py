"""`mlmon apply`: pools, resources, clients and job definitions from files, in the right order."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_changes import (
    change_of_client,
    change_of_definition,
    change_of_pool,
    change_of_resource,
)
from mlmon.cli.catalog_plans import Plan, plan_of
from mlmon.cli.definition_plans import plan_lines, tell_warnings
from mlmon.cli.documents import read_all
from mlmon.cli.sessions import call
from mlmon.cli.texts import plain
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.validation import summarise


def apply(
    context: typer.Context,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", metavar="FILE|FOLDER", help="May be repeated; - is stdin."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would change.")
    ] = False,
) -> None:
    """Create or change pools, resources, clients and job definitions from YAML or JSON files.

    A document is a job definition, or has lists named pools, resources and clients.
    Those come first, then jobs in the order of dependencies.
    """
    paths = [*(files or []), *(more or [])]
    if not paths:
        raise typer.BadParameter("name at least one file or folder", param_hint="-f")
    plan = plan_of(read_all(paths))
    call(context, lambda client: _apply(client, plan, dry_run=dry_run))


async def _apply(client: AsyncClient, plan: Plan, *, dry_run: bool) -> None:
    for pool in plan.pools:
        _print(await (change_of_pool(client, pool) if dry_run else client.put_pool(pool)))
    for resource in plan.resources:
        change = change_of_resource(client, resource) if dry_run else client.put_resource(resource)
        _print(await change)
    for customer in plan.clients:
        change = change_of_client(client, customer) if dry_run else client.put_client(customer)
        _print(await change)
    for source, definition in plan.definitions:
        try:
            if dry_run:
                _print(await change_of_definition(client, definition, plan))
            else:
                _print(await client.apply_job_definition(definition))
        except InvalidRequestError as error:
            faults = [
                {**fault, "pointer": f"{source}#{fault.get('pointer', '')}"}
                for fault in error.errors
            ]
            detail = summarise(faults) if faults else f"{source}: {error.detail}"
            raise InvalidRequestError(detail, errors=faults) from error


def _print(result: ApplyResult) -> None:
    version = f" (version {result.version})" if result.version is not None else ""
    line = f"{result.change} {result.kind} {result.name}{version}"
    sys.stdout.write(plain(line) + (" (dry run)" if result.is_dry_run else "") + "\n")
    if result.is_dry_run:
        for changed in result.diff.splitlines():
            sys.stdout.write(f"  {plain(changed)}\n")
    if result.plan is not None:
        for fact in plan_lines(result.plan):
            sys.stdout.write(f"  {plain(fact)}\n")
    tell_warnings(result)
