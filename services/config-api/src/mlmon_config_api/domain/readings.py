"""Read a definition as far as it can be read, so that one fault hides no other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import explain, summarise, tell_apart

Path = tuple[str | int, ...]

_ROUNDS: Final = 10
"""What is below, then what is across fields, each again after repairs; three are common."""
_MODEL_RULES: Final = frozenset({"rule", "selector", "dependency", "too_short"})
"""Errors about a section as a whole: they mislead when something of it was left out."""
_SMALLEST: Final = {"cpu": 0.001, "memory": 1, "gpus": 0, "disk": 0, "exclusive": False}
_STAND_INS: Final[Mapping[tuple[str, ...], object]] = {
    ("name",): "name-0",
    ("image",): "image:0",
    ("command",): ["true"],
    **{("resources", name): amount for name, amount in _SMALLEST.items()},
    ("schedule", "cron"): "0 0 * * *",
    ("deadline", "by"): "00:00",
    ("depends_on", "*", "job"): "job-{}",
    ("inputs", "*", "from"): "artifact:job-{}/file",
    ("inputs", "*", "to"): "file-{}",
    ("outputs", "*", "path"): "file-{}",
    ("retries", "rules", "*", "action"): "fail",
}
"""What takes the place of fields that must be there; others are left out. A resource is the
least that can be, so that whatever else does not fit would not fit either."""


@dataclass(frozen=True)
class Reading:
    """A definition as far as it could be read.

    Attributes:
        definition: Usable only when there are no faults: what is wrong has a stand-in or is
            left out, and its name is empty when that is wrong.
        faults: Found so far, in the fields themselves.
        unreadable: Where they are, as fields and positions of what was sent.
        name: Of the job, as it was written; None for what is no text.
        data: What the definition was read from; lists know where their items stood.
    """

    definition: JobDefinition
    faults: tuple[Fault, ...] = ()
    unreadable: frozenset[Path] = frozenset()
    name: str | None = None
    data: object = None

    @property
    def has_name(self) -> bool:
        """Whether the definition's name is its own."""
        return ("name",) not in self.unreadable

    def is_unreadable(self, *path: str | int) -> bool:
        """Tell whether something at, below or above this place could not be read."""
        return any(_is_prefix(found, path) or _is_prefix(path, found) for found in self.unreadable)

    def locate(self, pointer: str) -> Path:
        """Return where a place of the definition stood in what was sent."""
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        return tuple(_positions(self.data, parts))


def read_definition(data: object) -> Reading:
    """Return the definition that the data holds.

    When something is wrong, the rest is read without it, so that what else is wrong can
    be told in the same answer.

    Raises:
        InvalidRequestError: Nothing can be made of it.
    """
    found = _Repair(data)
    for _ in range(_ROUNDS):
        try:
            definition = JobDefinition.model_validate(found.data)
        except ValidationError as error:
            found.take(list(tell_apart(error.errors(include_url=False))))
            if not isinstance(found.data, dict):
                break
        else:
            return found.reading(definition)
    documents = [fault.as_document() for fault in found.faults]
    raise InvalidRequestError(summarise(documents), errors=documents)


class _Numbered(list[Any]):
    """A list that may lack items, and knows where those that are left stood."""

    def __init__(self, items: Sequence[Any]) -> None:
        super().__init__(items)
        self.positions = list(range(len(items)))


class _Repair:
    """What was sent, without what is wrong with it."""

    def __init__(self, data: object) -> None:
        self.data: Any = _copy(data)
        self.faults: dict[Fault, None] = {}
        self.name = data.get("name") if isinstance(data, dict) else None
        self._unreadable: set[Path] = set()

    def take(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Note the faults of a round, and leave out what they are about."""
        before = frozenset(self._unreadable)
        to_leave_out: dict[Path, tuple[Any, ...]] = {}
        for error in errors:
            location = tuple(error["loc"])
            is_key = "[key]" in location
            steps = location[: location.index("[key]")] if is_key else location
            path = tuple(_positions(self.data, steps))
            owner = tuple(_positions(self.data, error.get("owner", steps)))
            is_about_rest = error["type"] in _MODEL_RULES
            if not (is_about_rest and any(_is_prefix(owner, each) for each in before)):
                fault = explain([{**error, "loc": path}], JobDefinition)[0]
                self.faults[Fault(fault["pointer"], fault["detail"])] = None
            to_leave_out[path] = steps
        # From the end, so that what stands before keeps its position.
        for path, steps in sorted(
            to_leave_out.items(), key=lambda each: _order(each[0]), reverse=True
        ):
            self._unreadable.add(path)
            self._leave_out(path, steps)

    def reading(self, definition: JobDefinition) -> Reading:
        """Return what came of it."""
        if ("name",) in self._unreadable:
            definition = definition.model_copy(update={"name": ""})
        return Reading(
            definition,
            tuple(self.faults),
            frozenset(self._unreadable),
            self.name if isinstance(self.name, str) else None,
            self.data,
        )

    def _leave_out(self, path: Path, steps: Sequence[Any]) -> None:
        """Put a stand-in there; or leave out the place or, what it must be in, that too."""
        if not steps:
            self.data = None
            return
        owner = self.data
        for step in steps[:-1]:
            if not isinstance(owner, dict | list) or not _has(owner, step):
                return
            owner = owner[step]
        last = steps[-1]
        pattern = tuple("*" if isinstance(part, int) else part for part in path)
        stand_in = _STAND_INS.get(pattern)
        if isinstance(owner, dict) and stand_in is not None:
            owner[last] = (
                stand_in.format("-".join(str(part) for part in path if isinstance(part, int)))
                if isinstance(stand_in, str)
                else stand_in
            )
        elif isinstance(owner, dict):
            owner.pop(last, None)
        elif isinstance(owner, _Numbered) and _has(owner, last):
            del owner[last]
            del owner.positions[last]


def _copy(value: object) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return _Numbered([_copy(inner) for inner in value])
    return value


def _positions(data: object, steps: Sequence[str | int]) -> Iterator[str | int]:
    """Yield the steps, with positions as they were before items were left out."""
    here: Any = data
    for step in steps:
        if isinstance(here, _Numbered) and _has(here, step):
            yield here.positions[int(step)]
            here = here[int(step)]
        else:
            yield step
            here = here.get(step) if isinstance(here, dict) else None


def _has(owner: dict[Any, Any] | list[Any], step: str | int) -> bool:
    if isinstance(owner, dict):
        return step in owner
    return str(step).isdecimal() and int(step) < len(owner)


def _is_prefix(path: Path, other: Path) -> bool:
    return other[: len(path)] == path


def _order(path: Path) -> tuple[tuple[bool, int, str], ...]:
    return tuple(
        (isinstance(part, int), part if isinstance(part, int) else 0, str(part)) for part in path
    )
