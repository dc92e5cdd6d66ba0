"""Gates: limits on how much runs at once, as the store reads them from a run."""

from collections.abc import Mapping
from typing import Final

from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import unknown

PAUSED: Final = -1
"""The limit of a client none of whose runs may start."""


def gates_of(definition: JobDefinition, client: str) -> str:
    """Return the gates that a run passes, as `gate=amount/limit;…`.

    A named resource has no limit here: its capacity is configured, and may change while the
    run waits.
    """
    limits = definition.concurrency
    gates = []
    if limits.per_client is not None:
        gates.append(f"client:{client}:{definition.name}=1/{limits.per_client};")
    if limits.total is not None:
        gates.append(f"job:{definition.name}=1/{limits.total};")
    gates += [f"resource:{name}={amount}/;" for name, amount in sorted(limits.resources.items())]
    return "".join(gates)


def explain_shortage(definition: JobDefinition, capacities: Mapping[str, int]) -> str | None:
    """Say which named resource can never let a run start, and why; None if all can."""
    for name, amount in sorted(definition.concurrency.resources.items()):
        if name not in capacities:
            return unknown("resource", name, list(capacities))
        if amount > capacities[name]:
            return f"it takes {amount} of {name}, whose capacity is {capacities[name]}"
    return None
