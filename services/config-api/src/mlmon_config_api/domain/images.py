"""Whether a name of an image can be one.

The grammar is that of the engines: https://pkg.go.dev/github.com/distribution/reference.
"""

import re
from typing import Final

from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.images import without_tag

_NAME_LIMIT: Final = 255
_LABEL: Final = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PART: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")


def find_image_faults(image: str) -> list[Fault]:
    """Return why no engine could pull such an image; one fault at most."""
    detail = _find_fault(image)
    if detail is None:
        return []
    example = "registry.example.com/team/train:1.4"
    return [Fault(pointer_to("image"), f'"{image}" {detail}; write it as {example}')]


def _find_fault(image: str) -> str | None:
    repository, at, digest = image.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return f'has "{digest}" after its "@", which is no digest such as sha256:0123…'
    name = without_tag(repository)
    tag = repository[len(name) :]
    if tag and not _TAG.fullmatch(tag[1:]):
        rule = 'letters, digits, "_", "." and "-", up to 128'
        return f'has "{tag[1:]}" after its ":", which is no tag: {rule}'
    host, slash, path = name.partition("/")
    if not slash or not _is_host(host):
        path = name
    elif not _HOST.fullmatch(host):
        return f'has "{host}" before its first "/", which names no host'
    if len(name) > _NAME_LIMIT:
        return f"is longer than {_NAME_LIMIT} characters before its tag"
    for part in path.split("/"):
        if not _PART.fullmatch(part):
            rule = 'lower-case letters and digits, with ".", "_" or "-" between them'
            return f'has the part "{part}", which is none: {rule}'
    return None


def _is_host(part: str) -> bool:
    """Say whether what stands before the first slash is a registry and no folder of the hub."""
    return part in ("", "localhost") or part != part.lower() or any(mark in part for mark in ".:")
