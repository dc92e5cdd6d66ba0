"""`mlmon apply`: pools, resources, clients and job definitions from files, in the right order."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

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
from mlmon.cli.options import IfMatch
from mlmon.cli.plan_etags import check_etag, count_things
from mlmon.cli.pruning import Selector, check_owned, confirm, find_orphans, parse_selector
from mlmon.cli.sessions import call
from mlmon.cli.texts import plain
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.catalog import ApplyResult, Client, NamedResource, Pool
from mlmon_shared.wire.validation import summarise

_MARKS: Final = {"created": "+", "changed": "~", "unchanged": "="}


def apply(
    context: typer.Context,
    *,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", metavar="FILE|FOLDER", help="May be repeated; - is stdin."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would change.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Archive jobs with the selector's label that no file has."),
    ] = False,
    selector: Annotated[
        str | None,
        typer.Option("--selector", metavar="KEY=VALUE", help="Label of the files' own jobs."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Archive without asking.")] = False,
    if_match: IfMatch = None,
) -> None:
    """Create or change pools, resources, clients and job definitions from YAML or JSON files.

    A document is a job definition, or has lists named pools, resources and clients.
    Those come first, then jobs in the order of dependencies.
    With --dry-run a line begins with + for what would be created, ~ changed,
    - archived, = left as it is.
    """
    paths = [*(files or []), *(more or [])]
    if not paths:
        raise typer.BadParameter("name at least one file or folder", param_hint="-f")
    if prune != (selector is not None):
        raise typer.BadParameter("go together", param_hint="--prune and --selector")
    owned = parse_selector(selector) if selector is not None else None
    plan = plan_of(read_all(paths))
    for source in plan.left_out:
        sys.stderr.write(
            plain(f"{source}: left out what is no job definition and no list of things to save")
            + "\n"
        )
    if owned is not None:
        check_owned(plan, owned)
    if if_match is not None and count_things(plan) != 1:
        raise typer.BadParameter(
            f"is of one thing, and the files have {count_things(plan)}", param_hint="--if-match"
        )

    async def save(client: AsyncClient) -> None:
        if dry_run and if_match is not None:
            await check_etag(client, plan, if_match)
        await _apply(client, plan, owned, dry_run=dry_run, is_sure=yes, if_match=if_match)

    call(context, save)


async def _apply(
    client: AsyncClient,
    plan: Plan,
    owned: Selector | None,
    *,
    dry_run: bool,
    is_sure: bool,
    if_match: str | None,
) -> None:
    # Asked before anything is changed.
    orphans = await find_orphans(client, plan, owned) if owned is not None else []
    if orphans and not (dry_run or is_sure):
        confirm(orphans)
    counts = await _save(client, plan, dry_run=dry_run, if_match=if_match)
    for name in orphans:
        if dry_run:
            sys.stdout.write(plain(f"- job-definition {name}") + "\n")
        else:
            await client.archive_job_definition(name)
            sys.stdout.write(plain(f"archived job-definition {name}") + "\n")
    if dry_run:
        sys.stdout.write(
            f"plan: {counts['created']} to create, {counts['changed']} to change, "
            f"{len(orphans)} to archive, {counts['unchanged']} unchanged\n"
        )


async def _save(
    client: AsyncClient, plan: Plan, *, dry_run: bool, if_match: str | None
) -> Counter[str]:
    counts: Counter[str] = Counter()

    def tell(result: ApplyResult) -> None:
        counts[result.change] += 1
        _print(result)

    things: list[Pool | NamedResource | Client] = [*plan.pools, *plan.resources, *plan.clients]
    for thing in things:
        tell(await _save_thing(client, thing, dry_run=dry_run, if_match=if_match))
    for source, definition in plan.definitions:
        try:
            if dry_run:
                tell(await change_of_definition(client, definition, plan))
            else:
                tell(await client.apply_job_definition(definition, if_match=if_match))
        except InvalidRequestError as error:
            faults = [
                {**fault, "pointer": f"{source}#{fault.get('pointer', '')}"}
                for fault in error.errors
            ]
            detail = summarise(faults) if faults else f"{source}: {error.detail}"
            raise InvalidRequestError(detail, errors=faults) from error
    return counts


async def _save_thing(
    client: AsyncClient,
    thing: Pool | NamedResource | Client,
    *,
    dry_run: bool,
    if_match: str | None,
) -> ApplyResult:
    if isinstance(thing, Pool):
        if dry_run:
            return await change_of_pool(client, thing)
        return await client.put_pool(thing, if_match=if_match)
    if isinstance(thing, NamedResource):
        if dry_run:
            return await change_of_resource(client, thing)
        return await client.put_resource(thing, if_match=if_match)
    if dry_run:
        return await change_of_client(client, thing)
    return await client.put_client(thing, if_match=if_match)


def _print(result: ApplyResult) -> None:
    version = f" (version {result.version})" if result.version is not None else ""
    change = _MARKS[result.change] if result.is_dry_run else result.change
    sys.stdout.write(plain(f"{change} {result.kind} {result.name}{version}") + "\n")
    if result.is_dry_run:
        for changed in result.diff.splitlines():
            sys.stdout.write(f"  {plain(changed)}\n")
    if result.plan is not None:
        for fact in plan_lines(result.plan):
            sys.stdout.write(f"  {plain(fact)}\n")
    tell_warnings(result)
