"""Whether a pool takes a job's runs, beside having room for them."""

from collections.abc import Collection
from typing import Final

from mlmon_shared.wire.catalog import Client, Pool
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.quantities import readable_size

_COUNTED: Final = {"cpu": "cores", "gpus": "GPUs"}


def explain_refusal(
    pool: Pool, definition: JobDefinition, *, unread: Collection[str] = ()
) -> str | None:
    """Say why a pool takes no run of a job, whoever it is for; None when it takes them.

    Args:
        pool: Whether it takes them.
        definition: The job; a name that could not be read is empty.
        unread: Resources that could not be read; they are not compared.
    """
    takes, asked = pool.takes, definition.resources
    if takes.jobs and definition.name and definition.name not in takes.jobs:
        return f"pool {pool.name} takes other jobs only"
    for name in type(takes.at_least).model_fields:
        if name in unread:
            continue
        amount = getattr(asked, name)
        least, most = getattr(takes.at_least, name), getattr(takes.at_most, name)
        if least is not None and amount < least:
            return (
                f"pool {pool.name} takes runs of at least {_show(name, least)} only, and it asks "
                f"for {_show(name, amount)}"
            )
        if most is not None and amount > most:
            return (
                f"pool {pool.name} takes runs of at most {_show(name, most)} only, and it asks "
                f"for {_show(name, amount)}"
            )
    return None


def takes_client(pool: Pool, client: Client) -> bool:
    """Tell whether a pool takes runs for a client."""
    selector = pool.takes.clients
    return selector is None or selector.selects(client.name, client.labels)


def _show(name: str, amount: float) -> str:
    if name in _COUNTED:
        return f"{amount:g} {_COUNTED[name]}"
    return f"{readable_size(int(amount))} of {name}"
