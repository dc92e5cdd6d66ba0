"""What is allowed in a definition, and may surprise."""

from collections.abc import Iterable

from mlmon_config_api.domain.references import Surroundings, find_orphaned_inputs
from mlmon_config_api.domain.secrets import find_secret_warnings
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.deprecations import find_deprecations
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import DefinitionWarning


def find_warnings(definition: JobDefinition, surroundings: Surroundings) -> list[Fault]:
    """Return what the author should know; none of it keeps the definition from being saved."""
    deprecated = [
        Fault(pointer_to(*place), remedy) for place, remedy in find_deprecations(definition)
    ]
    secrets = find_secret_warnings(definition, surroundings.secrets)
    orphaned = find_orphaned_inputs(definition, surroundings)
    return [*deprecated, *_image_warnings(definition.image), *orphaned, *secrets]


def as_warnings(faults: Iterable[Fault]) -> list[DefinitionWarning]:
    """Return warnings as answers carry them."""
    return [DefinitionWarning(pointer=fault.pointer, detail=fault.detail) for fault in faults]


def _image_warnings(image: str) -> list[Fault]:
    if "@" in image:
        return []
    _, colon, tag = image.rpartition("/")[2].partition(":")
    if colon and tag != "latest":
        return []
    names = "names no tag, which means latest" if not colon else "has the tag latest"
    detail = (
        f'"{image}" {names}: what runs may change without a new version of the job; '
        "name a tag that stays, or a digest"
    )
    return [Fault(pointer_to("image"), detail)]
