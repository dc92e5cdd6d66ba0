from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="AgentRelease")


@_attrs_define
class AgentRelease:
    """A package of the agent (`mlmon-agent.pyz`), as an agent fetches it.

    Attributes:
        version: What the package answers to `--version`.
        url: Where the file is; it is fetched as it is, without a token.
        sha256: Of the file, in hexadecimal: which file is taken, and no other.

    """

    version: str
    url: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        url = self.url

        sha256 = self.sha256

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "version": version,
                "url": url,
                "sha256": sha256,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        url = d.pop("url")

        sha256 = d.pop("sha256")

        agent_release = cls(
            version=version,
            url=url,
            sha256=sha256,
        )

        return agent_release
