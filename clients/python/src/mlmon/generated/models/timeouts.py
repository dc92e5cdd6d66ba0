from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Timeouts")


@_attrs_define
class Timeouts:
    """When a run is given up, and when an attempt is stopped.

    Attributes:
        start: Seconds from submission, or from `not_before`, within which the first attempt
            must have started; else the run expires.
        run: Seconds after the command's start.
        silence: Seconds without any output.

    """

    start: float | None | str | Unset = UNSET
    run: float | str | Unset = 86400.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    silence: float | None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        start: float | None | str | Unset
        if isinstance(self.start, Unset):
            start = UNSET
        else:
            start = self.start

        run: float | str | Unset
        if isinstance(self.run, Unset):
            run = UNSET
        else:
            run = self.run

        silence: float | None | str | Unset
        if isinstance(self.silence, Unset):
            silence = UNSET
        else:
            silence = self.silence

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if start is not UNSET:
            field_dict["start"] = start
        if run is not UNSET:
            field_dict["run"] = run
        if silence is not UNSET:
            field_dict["silence"] = silence

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_start(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        start = _parse_start(d.pop("start", UNSET))

        def _parse_run(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        run = _parse_run(d.pop("run", UNSET))

        def _parse_silence(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        silence = _parse_silence(d.pop("silence", UNSET))

        timeouts = cls(
            start=start,
            run=run,
            silence=silence,
        )

        return timeouts
