"""What a set of files asks for, and where each part of it stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from mlmon.cli.documents import FileDocument
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.validation import summarise

_DEFINITIONS: Final = "job_definitions"
_LISTS: Final = {"pools": "pool", "resources": "resource", "clients": "client"}
_ALWAYS_THERE: Final = {"name", "image", "command"}
"""In a job definition."""


@dataclass(frozen=True)
class Placed:
    """One thing of a file.

    Attributes:
        file: Its name.
        at: Where the thing stands, to be put before a JSON pointer into it.
        value: As it was written; the server checks it.
    """

    file: str
    at: str
    value: Any

    @property
    def name(self) -> str | None:
        """The thing's name, as far as it has one."""
        name = self.value.get("name") if isinstance(self.value, dict) else None
        return name if isinstance(name, str) else None


@dataclass
class Plan:
    """What to save, all or nothing.

    Attributes:
        left_out: Names of files of a folder that have a document which is something else.
        faults: What is wrong already, each with the file as its pointer.
        unread: Lists of which more may stand where nothing could be read.
    """

    pools: list[Placed] = field(default_factory=list)
    resources: list[Placed] = field(default_factory=list)
    clients: list[Placed] = field(default_factory=list)
    definitions: list[Placed] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    _places: dict[tuple[str, str], Placed] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to save."""
        return not any(self._lists().values())

    def check(self) -> None:
        """Check that nothing is wrong as far as is known here.

        Raises:
            InvalidRequestError: With every fault.
        """
        if self.faults:
            raise InvalidRequestError(summarise(self.faults), errors=self.faults)

    def as_changes(self, *, archive: Iterable[str] = ()) -> dict[str, Any]:
        """Return what the server is sent; these jobs are archived in the same transaction."""
        lists = {name: [each.value for each in items] for name, items in self._lists().items()}
        return {**lists, "archive": list(archive)}

    def as_readable_changes(self) -> dict[str, Any]:
        """Return what a server may look for faults in, although there is more that is unreadable.

        Where more may stand in a list, its last item is nothing: the server then does not take
        a name that it does not find for a wrong one.
        """
        changes = self.as_changes()
        return changes | {name: [*changes[name], None] for name in self.unread}

    def is_of_unread(self, fault: dict[str, str]) -> bool:
        """Say whether a fault of the server's is that an unreadable thing is nothing."""
        _, name, place, *_ = [*fault.get("pointer", "").split("/"), "", ""]
        return name in self.unread and place == str(len(self._lists()[name]))

    def locate(self, fault: dict[str, str]) -> dict[str, str]:
        """Return a fault of the server's with its place in the files."""
        pointer = fault.get("pointer", "")
        parts = pointer.split("/", 3)[1:]
        items = self._lists().get(parts[0], []) if parts else []
        if len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(items):
            rest = f"/{parts[2]}" if len(parts) > 2 else ""  # noqa: PLR2004 - list, place, rest
            pointer = items[int(parts[1])].at + rest
        return {**fault, "pointer": pointer}

    def add(self, kind: str, thing: Placed) -> None:
        """Add a thing; one that stands somewhere already is a fault."""
        known = self._places.setdefault((kind, thing.name), thing) if thing.name else thing
        if known is thing:
            self._lists()[kind].append(thing)
            return
        noun = _LISTS.get(kind, "job")
        self.faults.append(
            {
                "pointer": thing.at.removesuffix("#"),
                "detail": f"the {noun} {thing.name} stands in {known.file} already",
            }
        )

    def _lists(self) -> dict[str, list[Placed]]:
        return {
            "pools": self.pools,
            "resources": self.resources,
            "clients": self.clients,
            _DEFINITIONS: self.definitions,
        }


def plan_of(documents: Iterable[FileDocument]) -> Plan:
    """Return what the documents ask for, and what is wrong with them as far as is known here.

    In a folder, documents that are something else are left out.

    Raises:
        InvalidRequestError: There is nothing to do.
    """
    plan = Plan()
    try:
        for document in documents:
            _add(document, plan)
    except InvalidRequestError as error:
        # Files that cannot be read are told at their end; what the others say is known.
        plan.faults += error.errors
        plan.unread |= {*_LISTS, _DEFINITIONS}
    if plan.is_empty and not plan.faults:
        raise InvalidRequestError(
            "there is no job definition, client, pool or resource in what was named"
        )
    return plan


def _add(document: FileDocument, plan: Plan) -> None:
    value = document.value
    if isinstance(value, list) and document.stem in _LISTS:
        value = {document.stem: value}
    if isinstance(value, dict) and value.keys() and value.keys() <= _LISTS.keys():
        _add_lists(document, value, plan)
        return
    if isinstance(value, dict) and _is_definition(value, document):
        plan.add(_DEFINITIONS, Placed(document.source, f"{document.source}#", value))
    elif document.is_asked_for:
        detail = "this is no job definition, and no lists of pools, resources or clients"
        plan.faults.append({"pointer": document.source, "detail": detail})
    elif document.source not in plan.left_out:
        plan.left_out.append(document.source)


def _add_lists(document: FileDocument, value: dict[str, Any], plan: Plan) -> None:
    for name, items in value.items():
        at = f"{document.source}#/{name}"
        if not isinstance(items, list):
            plan.faults.append({"pointer": at, "detail": "this must be a list"})
            plan.unread.add(name)
            continue
        for number, item in enumerate(items):
            plan.add(name, Placed(document.source, f"{at}/{number}", item))


def _is_definition(value: dict[str, Any], document: FileDocument) -> bool:
    """A file that was named is meant as one, whatever is missing; others must look like one."""
    return document.is_asked_for or len(_ALWAYS_THERE & value.keys()) > 1
