from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from mlmon import AsyncClient
from mlmon.errors import (
    CorruptDownloadError,
    InvalidRequestError,
    NotFoundError,
    WaitTimeoutError,
)
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.catalog_changes import CatalogChanges
from mlmon_shared.wire.runs import RunDocument, RunPage

MakeRun = Callable[..., RunDocument]
MakeBatch = Callable[..., BatchDocument]


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_submission_carries_what_was_given_and_nothing_else(
    client: AsyncClient, api: FastAPI
) -> None:
    await client.submit("train", client="AA", params={"month": 11}, after=["r0"])

    submission, headers = api.state.sent[0]
    assert submission.model_dump(exclude_unset=True, mode="json") == {
        "job": "train",
        "client": "AA",
        "params": {"month": 11},
        "depends_on": [{"run": "r0"}],
    }
    assert headers["authorization"] == "Bearer t"


@pytest.mark.parametrize("by_id", [True, False])
async def test_a_single_run_may_be_named_that_must_succeed_first(
    client: AsyncClient, api: FastAPI, make_run: MakeRun, *, by_id: bool
) -> None:
    await client.submit("train", client="AA", after="r10" if by_id else make_run(id="r10"))

    (dependency,) = api.state.sent[0][0].depends_on
    assert dependency.run == "r10"


async def test_submission_after_apply_carries_the_config_revision(
    client: AsyncClient, api: FastAPI
) -> None:
    await client.apply_job_definition({"name": "train"})
    await client.put_pool({"name": "cpu", "resources": {}})

    await client.submit("train", client="AA")

    assert api.state.sent[-1][1]["mlmon-config-revision"] == "7"


async def test_changed_resource_counts_as_a_write(client: AsyncClient, api: FastAPI) -> None:
    await client.put_resource({"name": "warehouse", "capacity": 8})

    assert api.state.resources["warehouse"].capacity == 8
    assert client.scheduler.config_revision == 2


async def test_dry_run_does_not_count_as_a_write(client: AsyncClient) -> None:
    await client.apply_job_definition({"name": "train"}, dry_run=True)
    await client.apply_catalog({"clients": [{"name": "AA"}]}, dry_run=True)

    assert client.scheduler.config_revision == 0


async def test_things_are_saved_together_from_models_or_mappings(
    client: AsyncClient, api: FastAPI
) -> None:
    await client.apply_catalog({"clients": [{"name": "AA"}]})
    await client.apply_catalog(CatalogChanges(clients=[Client(name="DL")]))

    assert api.state.sent == ["AA", "DL"]
    assert client.scheduler.config_revision == 7


async def test_wrong_submission_is_refused_before_it_is_sent(
    client: AsyncClient, api: FastAPI
) -> None:
    with pytest.raises(InvalidRequestError, match="/priority"):
        await client.submit("train", client="AA", priority=5000)

    assert api.state.sent == []


async def test_listing_follows_the_pages(
    client: AsyncClient, api: FastAPI, make_run: MakeRun
) -> None:
    api.state.pages = {
        "": RunPage(items=[make_run("r1"), make_run("r2")], next_cursor="c"),
        "c": RunPage(items=[make_run("r3")]),
    }

    assert [run.id async for run in client.list_runs()] == ["r1", "r2", "r3"]


async def test_wait_gives_up_when_the_time_is_up(
    client: AsyncClient, api: FastAPI, make_run: MakeRun
) -> None:
    api.state.runs["r1"] = make_run(state="running")

    with pytest.raises(WaitTimeoutError, match="still running after 0 s; `explain` says"):
        await client.wait("r1", timeout=0)


async def test_waiting_for_a_batch_tells_every_change_once(
    client: AsyncClient, api: FastAPI, make_batch: MakeBatch
) -> None:
    running = make_batch(state="running", outcome=None, counts={"running": 2})
    api.state.batches = [running, running, make_batch()]
    seen: list[BatchDocument] = []

    await client.wait_batch("b1", seen.append, poll_seconds=0)

    assert seen == [running, make_batch()]


async def test_error_of_the_server_arrives_as_the_same_class(client: AsyncClient) -> None:
    with pytest.raises(NotFoundError, match="r9 does not exist"):
        await client.get_run("r9")


async def test_lines_of_a_log_end_at_line_feeds_only(client: AsyncClient, api: FastAPI) -> None:
    api.state.log = "10%\r20%\r\nzwölf\n\nlast\u2028one".encode()

    lines = [line async for line in client.logs("r1")]

    assert lines == ["10%\r20%", "zwölf", "", "last\u2028one"]


async def test_download_writes_what_was_published(
    client: AsyncClient, api: FastAPI, tmp_path: Path
) -> None:
    api.state.files = {"deep/model.bin": (b"model", b"model")}

    target = await client.download_artifact("r1", "deep/model.bin", to=tmp_path)

    assert target == tmp_path / "deep" / "model.bin"
    assert target.read_bytes() == b"model"


async def test_damaged_download_leaves_the_old_file_and_nothing_else(
    client: AsyncClient, api: FastAPI, tmp_path: Path
) -> None:
    api.state.files = {"model.bin": (b"model", b"mod")}
    (tmp_path / "model.bin").write_text("old")

    with pytest.raises(CorruptDownloadError):
        await client.download_artifact("r1", "model.bin", to=tmp_path)

    assert {file.name: file.read_text() for file in files_in(tmp_path)} == {"model.bin": "old"}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\b", ""])
async def test_path_that_leaves_its_folder_is_refused(
    client: AsyncClient, path: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequestError):
        await client.download_artifact("r1", path, to=tmp_path)


async def test_missing_artifact_names_those_that_exist(client: AsyncClient, api: FastAPI) -> None:
    api.state.files = {"model.bin": (b"", b"")}

    with pytest.raises(NotFoundError, match=r"it published model\.bin"):
        await client.download_artifact("r1", "other.bin")
