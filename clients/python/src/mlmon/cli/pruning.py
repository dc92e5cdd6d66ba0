"""`mlmon apply --prune`: archive the jobs that the files no longer have."""

import sys
from dataclasses import dataclass

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.catalog_plans import Plan
from mlmon.cli.options import parse_labels
from mlmon.cli.texts import plain

_PAGE_SIZE = 200


@dataclass(frozen=True)
class Selector:
    """The label by which a set of files knows the jobs that are its own."""

    key: str
    value: str

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.key}={self.value}"


def parse_selector(text: str) -> Selector:
    """Return the selector that `key=value` says.

    Raises:
        typer.BadParameter: It has no key or no `=`.
    """
    ((key, value),) = parse_labels([text], of="--selector").items()
    return Selector(key, value)


def find_unowned(plan: Plan, selector: Selector) -> list[dict[str, str]]:
    """Return a fault for every definition in the files without the selector's label.

    A job without it would be applied, and never pruned.
    """
    return [
        {"pointer": f"{each.at}/labels", "detail": f"--prune needs the label {selector} here"}
        for each in plan.definitions
        if not _has_label(each.value.get("labels"), selector)
    ]


def _has_label(labels: object, selector: Selector) -> bool:
    return isinstance(labels, dict) and labels.get(selector.key) == selector.value


async def find_orphans(client: AsyncClient, plan: Plan, selector: Selector) -> list[str]:
    """Return the jobs on the server that carry the label and are not in the files, by name."""
    kept = {each.name for each in plan.definitions}
    orphans, cursor = [], None
    while True:
        page = await client.config_api.list_job_definitions(cursor=cursor, limit=_PAGE_SIZE)
        orphans += [
            found.name
            for found in page.items
            if found.definition.labels.get(selector.key) == selector.value
            and found.name not in kept
        ]
        cursor = page.next_cursor
        if cursor is None:
            return sorted(orphans)


def confirm(orphans: list[str]) -> None:
    """Ask whether to archive these jobs.

    Raises:
        typer.BadParameter: Nobody can be asked.
        typer.Abort: The answer is no.
    """
    names = plain(", ".join(orphans))
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            f"would archive {names}; nobody can be asked, so add --yes", param_hint="--prune"
        )
    typer.confirm(f"archive {names}?", abort=True, err=True)
