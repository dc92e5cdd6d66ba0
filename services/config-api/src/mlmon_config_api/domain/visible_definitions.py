"""Job definitions and schedules without the clients that a limited token does not see."""

from collections.abc import Iterable

from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.catalog import Client, JobDefinitionDocument
from mlmon_shared.wire.schedules import Schedule


def show_definition(
    document: JobDefinitionDocument, visibility: Visibility
) -> JobDefinitionDocument:
    """Return a definition whose schedule names only clients that are seen."""
    schedule = document.definition.schedule
    if schedule is None or visibility.clients is None:
        return document
    shown = show_schedule(schedule, visibility)
    definition = document.definition.model_copy(update={"schedule": shown})
    return document.model_copy(update={"definition": definition})


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
