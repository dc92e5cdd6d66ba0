"""`mlmon pools`."""

import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer

from mlmon.cli.document_changes import Unset, check_places, merge, without
from mlmon.cli.list_commands import add_get, add_list
from mlmon.cli.options import (
    IfMatch,
    LabelOptions,
    parse_labels,
)
from mlmon.cli.sessions import call
from mlmon.cli.tables import pools_table
from mlmon.cli.texts import plain
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.states import NetworkPolicy

commands = typer.Typer(no_args_is_help=True)
_HOST: Final = "Of the largest host"


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_pools(limit=limit, cursor=cursor),
    lambda page: pools_table(page.items),
    summary="List the pools, by name.",
)


add_get(
    commands,
    lambda api, name: api.config_api.get_pool(name),
    lambda pool: pools_table([pool]),
    summary="Show a pool.",
)


@commands.command("put")
def put_pool(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    cpu: Annotated[float | None, typer.Option("--cpu", help=f"{_HOST}: cores.")] = None,
    memory: Annotated[str | None, typer.Option("--memory", help=f"{_HOST}, such as 64Gi.")] = None,
    gpus: Annotated[int | None, typer.Option("--gpus", help=f"{_HOST}.")] = None,
    disk: Annotated[str | None, typer.Option("--disk", help=f"{_HOST}, such as 1Ti.")] = None,
    label: LabelOptions = None,
    price: Annotated[
        float | None, typer.Option("--price-per-hour", help="Of a host, in your currency.")
    ] = None,
    network: Annotated[
        NetworkPolicy | None, typer.Option("--network", help="What containers reach.")
    ] = None,
    stop_after: Annotated[
        str | None,
        typer.Option("--stop-after", help="Without a beat, an agent stops its attempts: 10m."),
    ] = None,
    kill_grace: Annotated[
        str | None, typer.Option("--kill-grace", help="Between SIGTERM and SIGKILL: 10s.")
    ] = None,
    lane_share: Annotated[
        list[str] | None,
        typer.Option("--lane-share", metavar="LANE=SHARE", help="0 to 1. May be repeated."),
    ] = None,
    min_hosts: Annotated[
        int | None, typer.Option("--min-hosts", help="How many are meant to be there.")
    ] = None,
    max_hosts: Annotated[
        int | None, typer.Option("--max-hosts", help="How many agents it takes.")
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option("--at-least", metavar="RESOURCE=AMOUNT", help="A run asks for so much."),
    ] = None,
    at_most: Annotated[
        list[str] | None,
        typer.Option("--at-most", metavar="RESOURCE=AMOUNT", help="And for no more than that."),
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            "--shape",
            metavar="RESOURCE=AMOUNT,…",
            help="A run is within one of these, which replace those before. May be repeated.",
        ),
    ] = None,
    job: Annotated[
        list[str] | None,
        typer.Option("--job", help="It takes these only, in place of those before."),
    ] = None,
    job_label: Annotated[
        list[str] | None,
        typer.Option("--job-label", metavar="KEY=VALUE", help="It takes jobs with it only."),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option("--client", help="It takes runs of these only, in place of those before."),
    ] = None,
    client_label: Annotated[
        list[str] | None,
        typer.Option("--client-label", metavar="KEY=VALUE", help="Of clients with it only."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            help="Of AWS, whose EC2 instances register agents by their signed identity, in place "
            "of those before.",
        ),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option("--region", help="Only instances there.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option("--image", help="Only instances of it: ami-….")
    ] = None,
    instance_type: Annotated[
        list[str] | None, typer.Option("--instance-type", help="Only instances of it.")
    ] = None,
    agent_version: Annotated[
        str | None,
        typer.Option("--agent-version", help="Of the package that its agents bring themselves to."),
    ] = None,
    agent_url: Annotated[
        str | None, typer.Option("--agent-url", help="Where that package is: mlmon-agent.pyz.")
    ] = None,
    agent_sha256: Annotated[
        str | None, typer.Option("--agent-sha256", help="Of that package.")
    ] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    unset: Unset = None,
    if_match: IfMatch = None,
) -> None:
    """Create a pool, or change what is given of it; the rest stays as it is."""
    places = unset or []
    check_places(Pool, places)
    if client and client_label:
        raise typer.BadParameter("give one or the other", param_hint="--client and --client-label")
    selector: dict[str, Any] | None = None
    if client or client_label:
        selector = {"names": client or [], "labels": parse_labels(client_label or [])}
    given = _given(
        {
            "description": description,
            "resources": _given({"cpu": cpu, "memory": memory, "gpus": gpus, "disk": disk}),
            "labels": parse_labels(label or []),
            "price_per_hour": price,
            "network": network.value if network is not None else None,
            "stop_after": stop_after,
            "kill_grace": kill_grace,
            "lane_shares": parse_labels(lane_share or [], of="--lane-share"),
            "scaling": _given({"min_hosts": min_hosts, "max_hosts": max_hosts}),
            "instances": _given(
                {
                    "accounts": account,
                    "regions": region,
                    "images": image,
                    "types": instance_type,
                }
            ),
            "agent_release": _given(
                {"version": agent_version, "url": agent_url, "sha256": agent_sha256}
            ),
            "takes": _given(
                {
                    "at_least": parse_labels(at_least or [], of="--at-least"),
                    "at_most": parse_labels(at_most or [], of="--at-most"),
                    "shapes": _parse_shapes(shape or []),
                    "jobs": job,
                    "job_labels": parse_labels(job_label or [], of="--job-label"),
                }
            ),
        }
    )

    def change(stored: dict[str, Any] | None) -> dict[str, Any]:
        pool = without(merge(stored or {"name": name}, given), places)
        # A selector is one thing: names do not go with the labels that were there.
        return merge(without(pool, ["takes.clients"]), _selecting(selector)) if selector else pool

    result = call(context, lambda api: api.change_pool(name, change, if_match=if_match))
    sys.stdout.write(plain(f"{result.change} pool {result.name}") + "\n")


def _selecting(selector: Mapping[str, Any]) -> dict[str, Any]:
    return {"takes": {"clients": selector}}


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that an option set, and no empty sections."""
    return {name: value for name, value in fields.items() if value not in (None, {}, [])}


def _parse_shapes(given: Iterable[str]) -> list[dict[str, str]]:
    return [parse_labels(shape.split(","), of="--shape") for shape in given]
