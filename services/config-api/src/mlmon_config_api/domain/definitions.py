"""Read a job definition and find everything that is wrong with it at once."""

from dataclasses import dataclass
from typing import Final

from mlmon_config_api.domain.fitting import find_resource_faults
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
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.jobs.parameter_schemas import find_schema_faults, find_template_faults
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import summarise, validate

_PLACEHOLDERS: Final = {"name": "placeholder", "image": "placeholder", "command": ["true"]}
_FOLLOWS_FROM: Final = {
    "parameters": {"command", "environment", "schedule"},
    "pools": {"resources"},
    "depends_on": {"inputs", "schedule"},
    "name": {"depends_on", "inputs", "secrets"},
}
"""Fields that cannot be judged while another one is wrong."""


@dataclass(frozen=True)
class Reading:
    """A definition as far as it could be read.

    Attributes:
        definition: Usable only when there are no faults: wrong fields are left out of it.
        faults: Found so far, in the fields themselves.
        unreadable: Fields whose further checks would mislead.
    """

    definition: JobDefinition
    faults: tuple[Fault, ...] = ()
    unreadable: frozenset[str] = frozenset()

    @property
    def has_name(self) -> bool:
        """Whether the definition's name is its own."""
        return "name" not in self.unreadable


def read_definition(data: object) -> Reading:
    """Return the definition that the data holds.

    When fields are wrong, the rest is read without them, so that what else is wrong can
    be told in the same answer.

    Raises:
        InvalidRequestError: Nothing can be made of it.
    """
    try:
        return Reading(validate(JobDefinition, data))
    except InvalidRequestError as error:
        faults = tuple(Fault(fault["pointer"], fault["detail"]) for fault in error.errors)
        wrong = {fault.field for fault in faults}
        if not isinstance(data, dict) or "" in wrong:
            raise
        rest = {key: value for key, value in data.items() if key not in wrong}
        try:
            partial = validate(JobDefinition, {**_PLACEHOLDERS, **rest})
        except InvalidRequestError:
            raise error from None
    unreadable = wrong.union(*(_FOLLOWS_FROM.get(field, set()) for field in wrong))
    return Reading(partial, faults, frozenset(unreadable))


def check_definition(reading: Reading, surroundings: Surroundings) -> JobDefinition:
    """Return the definition when nothing is wrong with it.

    Raises:
        InvalidRequestError: With every fault that was found.
    """
    if faults := find_faults(reading, surroundings):
        documents = [fault.as_document() for fault in faults]
        raise InvalidRequestError(summarise(documents), errors=documents)
    return reading.definition


def find_faults(reading: Reading, surroundings: Surroundings) -> list[Fault]:
    """Return everything that is wrong with a definition, as far as that does not mislead."""
    definition = reading.definition
    found = [
        *find_schema_faults(definition.parameters),
        *find_template_faults(definition),
        *find_pool_faults(definition, surroundings),
        *find_resource_faults(definition, surroundings),
        *find_named_resource_faults(definition, surroundings),
        *find_dependency_faults(definition, surroundings),
        *find_input_faults(definition, surroundings),
        *find_schedule_faults(definition),
        *find_secret_faults(definition, surroundings.secrets),
    ]
    return [*reading.faults, *(fault for fault in found if fault.field not in reading.unreadable)]
