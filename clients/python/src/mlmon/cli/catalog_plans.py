"""What a set of files asks for, checked as a whole before anything is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from mlmon.cli.documents import FileDocument
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Client, NamedResource, Pool
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import summarise, validate

_LISTS: Final = {"pools", "resources", "clients"}
_ALWAYS_THERE: Final = {"name", "image", "command"}
"""In a job definition."""


@dataclass
class Plan:
    """What to save, in this order.

    Attributes:
        definitions: The file's name and what stands in it; upstream jobs come first.
        left_out: Names of files of a folder that have a document which is something else.
    """

    pools: list[Pool] = field(default_factory=list)
    resources: list[NamedResource] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    definitions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def plan_of(documents: Iterable[FileDocument]) -> Plan:
    """Return what the documents ask for.

    In a folder, documents that are something else are left out.

    Raises:
        InvalidRequestError: With the faults of all documents; or a job stands twice, jobs
            depend on each other in a circle, or there is nothing to do.
    """
    plan = Plan()
    faults: list[dict[str, str]] = []
    jobs: dict[str, tuple[str, dict[str, Any], JobDefinition]] = {}
    for document in documents:
        try:
            _add(document, plan, jobs)
        except InvalidRequestError as error:
            faults += error.errors
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults)
    needs = {name: _upstream(found[2]) & jobs.keys() for name, found in jobs.items()}
    plan.definitions = [jobs[name][:2] for name in dependency_order(needs)]
    if not (plan.pools or plan.resources or plan.clients or plan.definitions):
        raise InvalidRequestError(
            "there is no job definition, client, pool or resource in what was named"
        )
    return plan


def dependency_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names so that each comes after those that it needs, else in their order.

    Raises:
        InvalidRequestError: Some need each other in a circle.
    """
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise InvalidRequestError(f"jobs depend on each other in a circle: {circle}") from error


def _add(
    document: FileDocument,
    plan: Plan,
    jobs: dict[str, tuple[str, dict[str, Any], JobDefinition]],
) -> None:
    value = document.value
    if isinstance(value, list) and document.stem in _LISTS:
        value = {document.stem: value}
    if isinstance(value, dict) and value.keys() and value.keys() <= _LISTS:
        _add_lists(document, value, plan)
        return
    if not isinstance(value, dict) or not _is_definition(value, document):
        if document.is_asked_for:
            raise InvalidRequestError.at(
                document.source,
                "this is no job definition, and no lists of pools, resources or clients",
            )
        if document.source not in plan.left_out:
            plan.left_out.append(document.source)
        return
    definition = validate(JobDefinition, value, at=f"{document.source}#")
    if definition.name in jobs:
        raise InvalidRequestError.at(
            document.source,
            f"the job {definition.name} stands in {jobs[definition.name][0]} already",
        )
    jobs[definition.name] = (document.source, value, definition)


def _add_lists(document: FileDocument, value: dict[str, Any], plan: Plan) -> None:
    for name, items in value.items():
        if not isinstance(items, list):
            raise InvalidRequestError.at(f"{document.source}#/{name}", "this must be a list")
        for number, item in enumerate(items):
            at = f"{document.source}#/{name}/{number}"
            if name == "pools":
                plan.pools.append(validate(Pool, item, at=at))
            elif name == "resources":
                plan.resources.append(validate(NamedResource, item, at=at))
            else:
                plan.clients.append(validate(Client, item, at=at))


def _is_definition(value: dict[str, Any], document: FileDocument) -> bool:
    """A file that was named is meant as one, whatever is missing; others must look like one."""
    return document.is_asked_for or len(_ALWAYS_THERE & value.keys()) > 1


def _upstream(definition: JobDefinition) -> set[str]:
    return {dependency.job for dependency in definition.depends_on} | {
        source.job for source in definition.inputs
    }
