from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import pytest
from fastapi import FastAPI, Query

from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument, JobDefinitionPage
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.versions import DefinitionDiff, VersionOrigin

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
CREATED_AT = datetime(2026, 1, 5, tzinfo=UTC)


def a_version(version: int, name: str = "train") -> JobDefinitionDocument:
    return JobDefinitionDocument(
        name=name,
        version=version,
        definition=JobDefinition.model_validate(
            {"name": name, "image": f"image:{version}", "command": ["x"]}
        ),
        created_at=CREATED_AT,
        created_by="ann",
    )


@pytest.fixture
def jobs(api: FastAPI) -> FastAPI:
    """The job train with versions 1 to 3; its routes stand before those of others."""
    state = api.state
    state.versions = {number: a_version(number) for number in (1, 2, 3)}
    state.archived = False
    kept = list(api.router.routes)
    api.router.routes.clear()

    @api.get("/v1/job-definitions")
    async def list_current() -> JobDefinitionPage:
        return JobDefinitionPage(items=[state.versions[3]], next_cursor="more")

    @api.get("/v1/job-definitions/train")
    async def get_current() -> JobDefinitionDocument:
        found: JobDefinitionDocument = state.versions[max(state.versions)]
        return found

    @api.get("/v1/job-definitions/train/versions")
    async def list_versions() -> JobDefinitionPage:
        return JobDefinitionPage(items=[state.versions[number] for number in (3, 2, 1)])

    @api.get("/v1/job-definitions/train/versions/{version}")
    async def get_version(version: int) -> JobDefinitionDocument:
        if version not in state.versions:
            raise NotFoundError(f'"train" has no version {version}')
        found: JobDefinitionDocument = state.versions[version]
        return found

    @api.get("/v1/job-definitions/train/versions/{version}/diff")
    async def diff(version: int, other: Annotated[int, Query(alias="with")]) -> DefinitionDiff:
        old, new = (
            VersionOrigin(version=number, created_at=CREATED_AT, created_by="ann")
            for number in (other, version)
        )
        return DefinitionDiff(name="train", old=old, new=new, diff=f"-{other}\n+{version}\n")

    @api.post("/v1/job-definitions/train/{action}")
    async def change(action: str) -> ApplyResult:
        is_changed = state.archived is not (action == "archive")
        state.archived = action == "archive"
        return ApplyResult(
            kind="job-definition",
            name="train",
            change="changed" if is_changed else "unchanged",
            version=3,
            config_revision=9,
        )

    api.router.routes.extend(kept)
    return api


@pytest.mark.usefixtures("jobs")
def test_jobs_are_listed_and_the_next_page_is_named(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("jobs", "list") == 0

    told = capsys.readouterr()
    assert "image:3" in told.out
    assert "--cursor more" in told.err


@pytest.mark.usefixtures("jobs")
def test_versions_are_listed_and_shown(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("jobs", "versions", "train") == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ["3", "2", "1"]

    assert mlmon("jobs", "get", "train", "--version", "2") == 0
    shown = capsys.readouterr().out
    assert "# train v2, 2026-01-05 00:00:00Z by ann" in shown
    assert "image: image:2" in shown


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(("versions", "compared"), [([], (2, 3)), ([1], (1, 3)), ([3, 1], (3, 1))])
def test_versions_are_compared(
    mlmon: Mlmon, capsys: Captured, versions: list[int], compared: tuple[int, int]
) -> None:
    assert mlmon("jobs", "diff", "train", *versions) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"- train v{compared[0]}, 2026-01-05 00:00:00Z by ann",
        f"+ train v{compared[1]}, 2026-01-05 00:00:00Z by ann",
        f"-{compared[0]}",
        f"+{compared[1]}",
    ]


def test_only_version_has_none_to_be_compared_with(
    mlmon: Mlmon, jobs: FastAPI, capsys: Captured
) -> None:
    jobs.state.versions = {1: a_version(1)}

    assert mlmon("jobs", "diff", "train") == 2
    assert "name A and B" in capsys.readouterr().err


def test_job_is_archived_and_restored(mlmon: Mlmon, jobs: FastAPI, capsys: Captured) -> None:
    for command in ("archive", "archive", "restore"):
        assert mlmon("jobs", command, "train") == 0

    assert capsys.readouterr().out.splitlines() == [
        "train is archived",
        "train is archived already",
        "train takes runs",
    ]
    assert jobs.state.archived is False
