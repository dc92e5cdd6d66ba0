from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.apply_result_change import ApplyResultChange
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.canary import Canary
    from ..models.definition_plan import DefinitionPlan
    from ..models.definition_warning import DefinitionWarning


T = TypeVar("T", bound="ApplyResult")


@_attrs_define
class ApplyResult:
    """What saving a thing did, or would do (`dry_run`).

    Attributes:
        kind: What it is: `job-definition`, `schedule`, `client`, `pool`, `resource`, `secret`,
            `webhook`, `pin`, `canary` or `user`.
        version: Of a job definition: the one that new runs use now, all or those of a canary.
        diff: Unified diff of the canonical YAML, empty when nothing changed.
        config_revision: The revision at which the change is visible.
        warnings: Of a job definition, secret or webhook: what is allowed, and may surprise.
        plan: Of a job definition in a dry run: what saving it would concern.
        canary: Which clients use the version; None for all.
        etag: Of the thing as it is now; None when it is gone, in a dry run, and of what was saved
            together with other things.

    """

    kind: str
    name: str
    change: ApplyResultChange
    config_revision: int
    version: int | None | Unset = UNSET
    diff: str | Unset = ""
    is_dry_run: bool | Unset = False
    warnings: list[DefinitionWarning] | Unset = UNSET
    plan: DefinitionPlan | None | Unset = UNSET
    canary: Canary | None | Unset = UNSET
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.canary import Canary  # noqa: PLC0415
        from ..models.definition_plan import DefinitionPlan  # noqa: PLC0415
        from ..models.definition_warning import DefinitionWarning  # noqa: PLC0415

        kind = self.kind

        name = self.name

        change = self.change.value

        config_revision = self.config_revision

        version: int | None | Unset
        if isinstance(self.version, Unset):
            version = UNSET
        else:
            version = self.version

        diff = self.diff

        is_dry_run = self.is_dry_run

        warnings: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.warnings, Unset):
            warnings = []
            for warnings_item_data in self.warnings:
                warnings_item = warnings_item_data.to_dict()
                warnings.append(warnings_item)

        plan: dict[str, Any] | None | Unset
        if isinstance(self.plan, Unset):
            plan = UNSET
        elif isinstance(self.plan, DefinitionPlan):
            plan = self.plan.to_dict()
        else:
            plan = self.plan

        canary: dict[str, Any] | None | Unset
        if isinstance(self.canary, Unset):
            canary = UNSET
        elif isinstance(self.canary, Canary):
            canary = self.canary.to_dict()
        else:
            canary = self.canary

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "name": name,
                "change": change,
                "config_revision": config_revision,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if diff is not UNSET:
            field_dict["diff"] = diff
        if is_dry_run is not UNSET:
            field_dict["is_dry_run"] = is_dry_run
        if warnings is not UNSET:
            field_dict["warnings"] = warnings
        if plan is not UNSET:
            field_dict["plan"] = plan
        if canary is not UNSET:
            field_dict["canary"] = canary
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.canary import Canary  # noqa: PLC0415
        from ..models.definition_plan import DefinitionPlan  # noqa: PLC0415
        from ..models.definition_warning import DefinitionWarning  # noqa: PLC0415

        d = dict(src_dict)
        kind = d.pop("kind")

        name = d.pop("name")

        change = ApplyResultChange(d.pop("change"))

        config_revision = d.pop("config_revision")

        def _parse_version(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        version = _parse_version(d.pop("version", UNSET))

        diff = d.pop("diff", UNSET)

        is_dry_run = d.pop("is_dry_run", UNSET)

        _warnings = d.pop("warnings", UNSET)
        warnings: list[DefinitionWarning] | Unset = UNSET
        if _warnings is not UNSET:
            warnings = []
            for warnings_item_data in _warnings:
                warnings_item = DefinitionWarning.from_dict(warnings_item_data)

                warnings.append(warnings_item)

        def _parse_plan(data: object) -> DefinitionPlan | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                plan_type_0 = DefinitionPlan.from_dict(data)

                return plan_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DefinitionPlan | None | Unset, data)

        plan = _parse_plan(d.pop("plan", UNSET))

        def _parse_canary(data: object) -> Canary | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                canary_type_0 = Canary.from_dict(data)

                return canary_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Canary | None | Unset, data)

        canary = _parse_canary(d.pop("canary", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        apply_result = cls(
            kind=kind,
            name=name,
            change=change,
            config_revision=config_revision,
            version=version,
            diff=diff,
            is_dry_run=is_dry_run,
            warnings=warnings,
            plan=plan,
            canary=canary,
            etag=etag,
        )

        apply_result.additional_properties = d
        return apply_result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
