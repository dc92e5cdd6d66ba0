import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from mlmon.cli import main as cli
from mlmon.cli.skeletons import Skeleton
from mlmon_shared.testing.containers import HOST_PYTHON, provide_host_image, require_engine

PUBLISHED = {
    Skeleton.TRAIN: {"model.json", "metrics.json"},
    Skeleton.BATCH_SCORE: {"scores.csv", "metrics.json"},
    Skeleton.GPU_TRAIN: {"model.json", "metrics.json"},
    Skeleton.ETL: {"daily.csv", "metrics.json"},
}


@pytest.fixture(params=list(Skeleton))
def skeleton(request: pytest.FixtureRequest) -> Skeleton:
    return Skeleton(request.param)


@pytest.fixture
def folder(skeleton: Skeleton, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    target = tmp_path / "job"
    status = cli.main(["init", str(target), "--template", skeleton, "--name", "mine"])
    assert status == 0, capsys.readouterr().err
    return target


def run(folder: Path, runtime: str) -> int:
    inputs = ["--in", str(folder / "sample")] if (folder / "sample").exists() else []
    job, out = folder / "job.yaml", folder / "out"
    options = ["--client", "acme", "--runtime", runtime, "--out", str(out)]
    return cli.main(["run-local", str(job), *options, *inputs])


def test_a_skeleton_runs_and_passes_its_own_tests(folder, skeleton, capsys):
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        # Ours are many and take seconds to load.
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout

    status = run(folder, "process")

    told = capsys.readouterr()
    assert status == 0, told.err
    assert {path.name for path in (folder / "out").iterdir()} == PUBLISHED[skeleton]
    assert json.loads((folder / "out" / "metrics.json").read_text())
    if skeleton is Skeleton.GPU_TRAIN and not list(Path("/dev").glob("nvidia[0-9]*")):
        assert "no GPU is here: training on the CPU" in told.out


@pytest.mark.containers
def test_a_skeleton_is_built_and_runs_in_a_container(folder, skeleton, capsys):
    client = require_engine()
    base = provide_host_image(client)
    image = f"mlmon-test/skeleton-{skeleton}:1"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, arcname=".")
    packed.seek(0)
    try:
        built = client.build(
            fileobj=packed,
            custom_context=True,
            buildargs={"BASE": base},
            tag=image,
            network_mode="none",
            rm=True,
            decode=True,
        )
        assert "error" not in str(list(built)).lower()
        job = folder / "job.yaml"
        # That image names its interpreter otherwise than the usual ones do.
        text = job.read_text().replace("[python,", f"[{HOST_PYTHON},")
        job.write_text(text.replace("image: mine:1", f"image: {image}"))

        status = run(folder, "docker")

        assert status == 0, capsys.readouterr().err
        assert {path.name for path in (folder / "out").iterdir()} == PUBLISHED[skeleton]
    finally:
        client.remove_image(image, force=True)
        client.close()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").touch()

    status = cli.main(["init", str(tmp_path), "--template", "etl"])

    assert status == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_name_that_no_job_can_have_makes_nothing(tmp_path, capsys):
    assert cli.main(["init", str(tmp_path / "x"), "--template", "etl", "--name", "No Name"]) == 2

    assert "/name" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
