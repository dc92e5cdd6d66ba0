"""Find everything that is wrong with a job definition at once."""

from collections.abc import Collection, Iterator

from mlmon_config_api.domain.fitting import find_resource_faults
from mlmon_config_api.domain.images import find_image_faults
from mlmon_config_api.domain.readings import Path, Reading
from mlmon_config_api.domain.references import (
    Surroundings,
    find_dependency_faults,
    find_input_faults,
    find_named_resource_faults,
    find_pool_faults,
)
from mlmon_config_api.domain.schedules import find_schedule_faults
from mlmon_config_api.domain.secrets import find_secret_faults
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.jobs.parameter_schemas import find_schema_faults, find_template_faults
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.validation import summarise


def check_definition(reading: Reading, surroundings: Surroundings) -> JobDefinition:
    """Return the definition when nothing is wrong with it.

    Raises:
        InvalidRequestError: With every fault that was found.
    """
    if faults := find_faults(reading, surroundings):
        documents = [fault.as_document() for fault in faults]
        raise InvalidRequestError(summarise(documents), errors=documents)
    return reading.definition


def find_faults(
    reading: Reading, surroundings: Surroundings, *, vague: Collection[str] = ()
) -> list[Fault]:
    """Return everything that is wrong with a definition, as far as that does not mislead.

    Args:
        reading: The definition, as far as it could be read.
        surroundings: What it may name.
        vague: Fields that name what is not known now; only how they are written is judged.
    """
    definition = reading.definition
    found = [
        *find_image_faults(definition.image),
        *find_schema_faults(definition.parameters),
        *find_template_faults(definition),
        *find_pool_faults(definition, surroundings),
        *_resource_faults(reading, surroundings),
        *find_named_resource_faults(definition, surroundings),
        *find_dependency_faults(definition, surroundings),
        *find_input_faults(definition, surroundings),
        *find_schedule_faults(definition),
        *find_secret_faults(definition, surroundings.secrets),
    ]
    sound = _sound(found, reading)
    return [*reading.faults, *(fault for fault in sound if fault.field not in vague)]


def _resource_faults(reading: Reading, surroundings: Surroundings) -> list[Fault]:
    """Return what fits no pool, whatever stands where something could not be read."""
    definition = reading.definition
    known = {pool.name for pool in surroundings.pools}
    if reading.is_unreadable("pools") or any(name not in known for name in definition.pools):
        definition = definition.model_copy(update={"pools": []})
    if ("resources",) in reading.unreadable:
        return []
    unread = {name for name in Resources.model_fields if reading.is_unreadable("resources", name)}
    return find_resource_faults(definition, surroundings, unread=unread)


def _sound(found: list[Fault], reading: Reading) -> Iterator[Fault]:
    """Yield what does not follow from something that could not be read, at its place."""
    for fault in found:
        place = reading.locate(fault.pointer)
        if place in reading.unreadable or _is_misleading(place, fault, reading):
            continue
        yield Fault(pointer_to(*place), fault.detail)


def _is_misleading(place: Path, fault: Fault, reading: Reading) -> bool:
    if place[:1] != ("inputs",):
        return False
    wanted = reading.definition.inputs[int(fault.pointer.split("/")[2])]
    if place[-1] == "to":
        # Whether it is a file or a folder goes by the dependency.
        return reading.is_unreadable(*place[:-1], "from") or reading.is_unreadable("depends_on")
    if not wanted.is_artifact:
        return False
    if reading.is_unreadable("name"):
        return reading.name in (None, wanted.job)
    return wanted.job == reading.definition.name and reading.is_unreadable("outputs")
