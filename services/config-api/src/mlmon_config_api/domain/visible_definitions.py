"""Job definitions and schedules without clients and secrets that a limited token does not see."""

from collections.abc import Collection, Iterable

from mlmon_config_api.domain.secrets import StoredSecret
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.catalog import Client, JobDefinitionDocument
from mlmon_shared.wire.schedules import Schedule
from mlmon_shared.wire.secrets import ANYBODY


def show_definition(
    document: JobDefinitionDocument, visibility: Visibility, hidden: Collection[str] = ()
) -> JobDefinitionDocument:
    """Return a definition that names only clients and secrets that are seen.

    Args:
        document: The stored one.
        visibility: Of who asks.
        hidden: Names of secrets that are for other clients alone, see `find_hidden_secrets`.
    """
    if visibility.clients is None:
        return document
    definition = document.definition
    schedule = definition.schedule
    shown = {
        "schedule": show_schedule(schedule, visibility) if schedule is not None else None,
        "secrets": {file: name for file, name in definition.secrets.items() if name not in hidden},
    }
    seen = definition.model_copy(update=shown)
    # The tag of what is not shown would let its reader try names of secrets.
    etag = document.etag if seen == definition else None
    return document.model_copy(update={"definition": seen, "etag": etag})


def find_hidden_secrets(secrets: Iterable[StoredSecret], visibility: Visibility) -> frozenset[str]:
    """Return names of secrets that no client which is seen may use."""
    return frozenset(
        secret.name
        for secret in secrets
        if secret.clients != ANYBODY and not any(map(visibility.sees_client, secret.clients))
    )


def show_schedule(schedule: Schedule, visibility: Visibility) -> Schedule | None:
    """Return a schedule that names only clients that are seen; None when it names others alone."""
    names = schedule.clients.names
    seen = [name for name in names if visibility.sees_client(name)]
    if seen == names:
        return schedule
    if not seen:
        # Without names it would select all clients.
        return None
    selector = schedule.clients.model_copy(update={"names": seen})
    return schedule.model_copy(update={"clients": selector})


def seen_clients(clients: Iterable[Client], visibility: Visibility) -> list[Client]:
    """Return the clients that are seen."""
    return [client for client in clients if visibility.sees_client(client.name)]
