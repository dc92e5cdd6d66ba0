"""YAML as MLMon reads and writes it: the data of JSON, nothing that surprises.

Plain scalars follow the core schema of YAML 1.2 more narrowly: `true` and `false` are the
only booleans, and dates, times such as `1:30`, `on`, `yes` and numbers with leading zeros
stay text. Values are built from the parser's events instead of by PyYAML's constructors,
so that aliases, depth and size are limited while they are read and not afterwards.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from mlmon_shared.errors import InvalidRequestError

SIZE_LIMIT: Final = 2**20
DEPTH_LIMIT: Final = 50
ALIAS_LIMIT: Final = 50
NODE_LIMIT: Final = 100_000
"""Of one document, each alias counted as all that it stands for."""

_NULL: Final = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOLEAN: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER: Final = re.compile(r"(?:[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"
)
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_TAG: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = {f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null")}
_DIGITS_LIMIT: Final = 4000
_BASES: Final = {"0o": 8, "0x": 16}
_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_document(text: str | bytes, *, size_limit: int = SIZE_LIMIT) -> object:
    """Return the value of the one YAML document in the text; None when it is empty.

    Args:
        text: Text, or bytes in UTF-8.
        size_limit: Bytes that the text may have.

    Raises:
        InvalidRequestError: It is no YAML, holds more than one document, or uses what is
            refused here; the sentence names line and column.
    """
    documents = load_documents(text, size_limit=size_limit)
    if len(documents) > 1:
        _refuse(f"one document is expected here and {len(documents)} were sent", None)
    return documents[0] if documents else None


def load_documents(text: str | bytes, *, size_limit: int = SIZE_LIMIT) -> list[object]:
    """Return the values of all YAML documents in the text; see `load_document`."""
    decoded = _decode(text, size_limit)
    try:
        return list(_read_stream(yaml.parse(decoded, Loader=_Loader)))
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or "not YAML"
        _refuse(f"not YAML: {problem}", error.problem_mark or error.context_mark, error)
    except yaml.YAMLError as error:
        _refuse(f"not YAML: {str(error).splitlines()[0]}", None, error)


def dump_document(value: object, *, is_ascii: bool = False) -> str:
    """Return the value as block-style YAML that `load_document` reads back unchanged.

    Mappings keep their order; the same value always gives the same text.

    Args:
        value: JSON data.
        is_ascii: Escape every other character.
    """
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=not is_ascii,
        default_flow_style=False,
        width=10**6,
    )


@dataclass
class _Measured:
    """A value, how many nodes it holds when aliases are spelt out, and how deep it is."""

    value: Any
    nodes: int = 1
    height: int = 0


@dataclass
class _Open:
    """A collection whose end was not read yet."""

    measured: _Measured
    anchor: str | None
    key: str | None = None


@dataclass
class _Document:
    """The state of reading one document."""

    root: _Measured | None = None
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Measured | None] = field(default_factory=dict)
    aliases: int = 0

    def add(self, added: _Measured, event: Any) -> None:  # noqa: ANN401 - PyYAML's are untyped
        """Put a finished value where it belongs."""
        if len(self.open) + added.height > DEPTH_LIMIT:
            _refuse(f"nested deeper than {DEPTH_LIMIT} levels", event.start_mark)
        if not self.open:
            self.root = added
            return
        parent = self.open[-1]
        holder = parent.measured
        if isinstance(holder.value, list):
            holder.value.append(added.value)
        elif parent.key is None:
            parent.key = _key_of(added.value, holder.value, event)
        else:
            holder.value[parent.key] = added.value
            parent.key = None
        holder.nodes += added.nodes
        holder.height = max(holder.height, added.height + 1)
        if holder.nodes > NODE_LIMIT:
            _refuse(f"more than {NODE_LIMIT} values, aliases spelt out", event.start_mark)

    def begin(self, value: list[Any] | dict[str, Any], event: Any) -> None:  # noqa: ANN401 - as add
        """Open a collection."""
        kind = "map" if isinstance(value, dict) else "seq"
        if event.tag not in (None, "!", f"{_TAG}{kind}"):
            _refuse(f"the tag {event.tag} is not supported", event.start_mark)
        if len(self.open) >= DEPTH_LIMIT:
            _refuse(f"nested deeper than {DEPTH_LIMIT} levels", event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.open.append(_Open(_Measured(value), event.anchor))

    def finish(self, event: Any) -> None:  # noqa: ANN401 - as add
        """Close the innermost collection."""
        closed = self.open.pop()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = closed.measured
        self.add(closed.measured, event)

    def resolve(self, event: Any) -> _Measured:  # noqa: ANN401 - as add
        """Return what an alias stands for."""
        self.aliases += 1
        if self.aliases > ALIAS_LIMIT:
            _refuse(f"more than {ALIAS_LIMIT} aliases", event.start_mark)
        found = self.anchors.get(event.anchor)
        if found is None:
            why = "contains itself" if event.anchor in self.anchors else "was not defined"
            _refuse(f"the alias *{event.anchor} {why}", event.start_mark)
        return found


def _read_stream(events: Iterator[Any]) -> Iterator[object]:
    document = _Document()
    for event in events:
        match event:
            case yaml.DocumentStartEvent():
                document = _Document()
            case yaml.DocumentEndEvent():
                yield document.root.value if document.root is not None else None
            case yaml.MappingStartEvent():
                document.begin({}, event)
            case yaml.SequenceStartEvent():
                document.begin([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                document.finish(event)
            case yaml.AliasEvent():
                document.add(document.resolve(event), event)
            case yaml.ScalarEvent():
                scalar = _Measured(_scalar(event))
                if event.anchor is not None:
                    document.anchors[event.anchor] = scalar
                document.add(scalar, event)


def _key_of(key: object, known: dict[str, Any], event: Any) -> str:  # noqa: ANN401 - as add
    if not isinstance(key, str):
        _refuse("a key must be text; put it in quotes", event.start_mark)
    if key == "<<" and not isinstance(event, yaml.AliasEvent) and event.implicit[0]:
        _refuse("merge keys (<<) are not supported; spell the fields out", event.start_mark)
    if key in known:
        _refuse(f'the key "{key[:80]}" stands twice', event.start_mark)
    return key


def _scalar(event: Any) -> object:  # noqa: ANN401 - PyYAML's events are untyped
    text: str = event.value
    mark = event.start_mark
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        _refuse("a text holds a NUL or half a character", mark)
    if event.tag not in (None, "!") and event.tag not in _KNOWN_TAGS:
        _refuse(f"the tag {event.tag} is not supported", mark)
    is_plain = event.tag is None and event.implicit[0]
    found = _resolve_plain(text, mark)
    if event.tag in (None, "!", f"{_TAG}str"):
        return found if is_plain else text
    wanted = {"int": int, "float": int | float, "bool": bool, "null": type(None)}
    kind = event.tag.removeprefix(_TAG)
    if not isinstance(found, wanted[kind]) or (isinstance(found, bool) and kind != "bool"):
        _refuse(f'"{text[:80]}" is not of the type {kind}', mark)
    return float(found) if kind == "float" and isinstance(found, int) else found


def _resolve_plain(text: str, mark: Any) -> object:  # noqa: ANN401 - PyYAML's marks are untyped
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if len(text) > _DIGITS_LIMIT:
        return text
    if _INTEGER.match(text):
        return int(text, base=_BASES.get(text[:2], 10))
    if _NOT_FINITE.match(text):
        _refuse("infinity and NaN are not supported", mark)
    if _FLOAT.match(text):
        number = float(text)
        if not math.isfinite(number):
            _refuse("the number is too large", mark)
        return number
    return text


def _decode(text: str | bytes, size_limit: int) -> str:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > size_limit:
        _refuse(f"larger than {size_limit} bytes", None)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        detail = f"not UTF-8 (line {line}, column {column})"
        raise InvalidRequestError.at("", detail) from error


def _refuse(what: str, mark: Any, cause: Exception | None = None) -> NoReturn:  # noqa: ANN401 - as above
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    raise InvalidRequestError.at("", what + where) from cause


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, block text for lines, and quotes what we would not read as text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Spell out what stands twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001 - as above
        """Indent lists below their key."""
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text or not text.isprintable():
        # Block text is for people; anything odd in it is safer escaped.
        is_plain = all(line.isprintable() for line in text.split("\n"))
        style = "|" if is_plain and text[:1].strip() and text.strip("\n") else '"'
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


_Dumper.add_representer(str, _represent_text)
# PyYAML quotes what YAML 1.1 takes for something else; these are numbers in 1.2 alone.
_Dumper.add_implicit_resolver(f"{_TAG}int", _INTEGER, list("-+0123456789"))
_Dumper.add_implicit_resolver(f"{_TAG}float", _FLOAT, list("-+.0123456789"))
