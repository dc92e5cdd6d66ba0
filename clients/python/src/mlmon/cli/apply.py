"""`mlmon apply`: pools, resources, clients and job definitions from files, all or nothing."""

import sys
from collections import Counter
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_plans import Plan, plan_of
from mlmon.cli.definition_plans import archive_lines, plan_lines, tell_warnings
from mlmon.cli.documents import read_all
from mlmon.cli.plan_etags import check_etag, count_things, is_of_plan, save_one
from mlmon.cli.problems import complain
from mlmon.cli.pruning import Selector, confirm, find_orphans, find_unowned, parse_selector
from mlmon.cli.sessions import call
from mlmon.cli.tables import write_marked
from mlmon.cli.texts import plain
from mlmon.errors import ConflictError, InvalidRequestError, MlmonError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.catalog_changes import CatalogResult
from mlmon_shared.wire.validation import summarise

ResultT = TypeVar("ResultT")
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
    if_match: Annotated[
        str | None,
        typer.Option(
            "--if-match",
            metavar="ETAG",
            help="Change nothing unless all is as it was planned: the etag that --dry-run ends "
            "with. For one thing also that of get -o json.",
        ),
    ] = None,
) -> None:
    """Create or change pools, resources, clients and job definitions from YAML or JSON files.

    A document is a job definition, or has lists named pools, resources and clients.
    All is saved in one transaction: if anything is refused, nothing is changed, and every
    fault of every file is told.
    With --dry-run a line begins with + for what would be created, ~ changed,
    - archived, = left as it is. The etag at its end, given as --if-match, refuses to save once
    somebody else has changed any of these things.
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
        plan.faults += find_unowned(plan, owned)
    if if_match is not None and not is_of_plan(if_match):
        _check_is_of_one(plan, has_prune=prune)
    call(
        context,
        lambda client: _apply(client, plan, owned, dry_run=dry_run, is_sure=yes, if_match=if_match),
    )


def _check_is_of_one(plan: Plan, *, has_prune: bool) -> None:
    remedy = "take the etag that --dry-run ends with"
    if count_things(plan) != 1:
        raise typer.BadParameter(
            f"is of one thing, and the files have {count_things(plan)}; {remedy}",
            param_hint="--if-match",
        )
    if has_prune:
        raise typer.BadParameter(
            f"archives other things too; {remedy}", param_hint="--prune and --if-match"
        )


async def _apply(
    client: AsyncClient,
    plan: Plan,
    owned: Selector | None,
    *,
    dry_run: bool,
    is_sure: bool,
    if_match: str | None,
) -> None:
    if plan.faults:
        plan.faults += await _find_more_faults(client, plan)
        plan.check()
    # Asked before anything is changed.
    orphans = await find_orphans(client, plan, owned) if owned is not None else []
    if orphans and not (dry_run or is_sure):
        confirm(orphans)
    if if_match is not None and is_of_plan(if_match):
        _tell(await _send(client, plan, orphans, dry_run=dry_run, if_match=if_match))
        return
    if if_match is not None and not dry_run:
        _print(await _located(plan, save_one(client, plan, if_match)))
        return
    if if_match is not None:
        await check_etag(client, plan, if_match)
    _tell(await _send(client, plan, orphans, dry_run=dry_run))


async def _find_more_faults(client: AsyncClient, plan: Plan) -> list[dict[str, str]]:
    """Return what the server finds, so that all that is wrong is told at once."""
    if plan.is_empty:
        return []
    try:
        await client.apply_catalog(plan.as_readable_changes(), dry_run=True)
    except (InvalidRequestError, ConflictError) as error:
        found = error.extras.get("errors", [])
        return [plan.locate(fault) for fault in found if not plan.is_of_unread(fault)]
    except MlmonError as error:
        complain(f"warning: the server has checked nothing of it: {error.detail}")
    return []


async def _send(
    client: AsyncClient,
    plan: Plan,
    orphans: Sequence[str],
    *,
    dry_run: bool,
    if_match: str | None = None,
) -> CatalogResult:
    changes = plan.as_changes(archive=orphans)
    return await _located(plan, client.apply_catalog(changes, dry_run=dry_run, if_match=if_match))


async def _located(plan: Plan, call: Awaitable[ResultT]) -> ResultT:
    """Return the answer of a call; its faults are told with their places in the files."""
    try:
        return await call
    except (InvalidRequestError, ConflictError) as error:
        faults = [plan.locate(fault) for fault in error.extras.get("errors", [])]
        detail = summarise(faults) if faults else error.detail
        raise type(error)(detail, errors=faults) from error


def _tell(result: CatalogResult) -> None:
    counts = Counter(each.change for each in result.results)
    for each in result.results:
        _print(each)
    gone = [each for each in result.archived if each.change != "unchanged"]
    mark = "-" if result.is_dry_run else "archived"
    for each in gone:
        write_marked(f"{mark} {each.kind} {each.name}")
        for fact in archive_lines(each.plan):
            sys.stdout.write(f"  {plain(fact)}\n")
    if result.is_dry_run:
        sys.stdout.write(
            f"plan: {counts['created']} to create, {counts['changed']} to change, "
            f"{len(gone)} to archive, {counts['unchanged']} unchanged\n"
        )
        if result.etag is not None:
            # Shells take quotes away.
            etag = result.etag.strip('"')
            sys.stdout.write(f"etag: {etag}\n")


def _print(result: ApplyResult) -> None:
    version = f" (version {result.version})" if result.version is not None else ""
    change = _MARKS[result.change] if result.is_dry_run else result.change
    write_marked(f"{change} {result.kind} {result.name}{version}")
    if result.is_dry_run:
        write_marked(*result.diff.splitlines(), indent="  ")
    if result.plan is not None:
        for fact in plan_lines(result.plan):
            sys.stdout.write(f"  {plain(fact)}\n")
    tell_warnings(result)
