"""Whether a pool takes a job's runs, beside having room for them."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Final

from mlmon_shared.wire.catalog import Client, Pool
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.pools import Amounts
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
    refusals = chain(_by_job(pool, definition), _by_amounts(pool, definition.resources, unread))
    return next(refusals, None)


def explain_refused_amounts(pool: Pool, resources: Resources) -> str | None:
    """Say why a pool takes no run that asks for this much, or this little; None when it does."""
    return next(_by_amounts(pool, resources, ()), None)


def explain_absence(pool: Pool) -> str | None:
    """Say why nothing starts in a pool, whatever it takes; None when something may.

    Definitions are saved nevertheless; a submission that could never start is refused.
    """
    if pool.scaling.max_hosts == 0:
        return f"pool {pool.name} may have no hosts; raise its scaling.max_hosts, which is 0"
    return None


def takes_client(pool: Pool, client: Client) -> bool:
    """Tell whether a pool takes runs for a client."""
    selector = pool.takes.clients
    return selector is None or selector.selects(client.name, client.labels)


def show_amount(name: str, amount: float) -> str:
    """Return an amount of a resource for people."""
    if name in _COUNTED:
        return f"{amount:g} {_COUNTED[name]}"
    return f"{readable_size(int(amount))} of {name}"


def amounts_of(amounts: Amounts) -> dict[str, float]:
    """Return the bounds that there are, by resource."""
    found = {name: getattr(amounts, name) for name in type(amounts).model_fields}
    return {name: amount for name, amount in found.items() if amount is not None}


def _by_job(pool: Pool, definition: JobDefinition) -> Iterator[str]:
    takes = pool.takes
    if takes.jobs and definition.name and definition.name not in takes.jobs:
        yield f"pool {pool.name} takes other jobs only"
    if lacking := _lacking(takes.job_labels, definition.labels):
        yield f"pool {pool.name} takes only jobs with the label {lacking}"
    for name, value in definition.requires.labels.items():
        if name in pool.labels and pool.labels[name] != value:
            yield (
                f"the hosts of pool {pool.name} have {name}={pool.labels[name]}, and it requires "
                f"{name}={value}"
            )


def _by_amounts(pool: Pool, asked: Resources, unread: Collection[str]) -> Iterator[str]:
    takes = pool.takes
    least, most = amounts_of(takes.at_least), amounts_of(takes.at_most)
    for name in type(takes.at_least).model_fields:
        amount = getattr(asked, name)
        if name in unread:
            continue
        if amount < least.get(name, 0):
            yield (
                f"pool {pool.name} takes runs of at least {show_amount(name, least[name])} only, "
                f"and it asks for {show_amount(name, amount)}"
            )
        if name in most and amount > most[name]:
            yield (
                f"pool {pool.name} takes runs of at most {show_amount(name, most[name])} only, "
                f"and it asks for {show_amount(name, amount)}"
            )
    if takes.shapes and not any(_fits(asked, shape, unread) for shape in takes.shapes):
        shapes = " or ".join(_show_shape(shape) for shape in takes.shapes)
        yield f"pool {pool.name} takes runs within {shapes} only"


def _fits(asked: Resources, shape: Amounts, unread: Collection[str]) -> bool:
    return all(
        name in unread or getattr(asked, name) <= most for name, most in amounts_of(shape).items()
    )


def _show_shape(shape: Amounts) -> str:
    return ", ".join(show_amount(name, most) for name, most in amounts_of(shape).items())


def _lacking(wanted: Mapping[str, str], labels: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name}={value}" for name, value in wanted.items() if labels.get(name) != value
    )
