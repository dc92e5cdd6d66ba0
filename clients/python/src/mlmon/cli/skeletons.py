"""`mlmon init`: a folder with a job to begin from."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import typer

from mlmon.cli.texts import plain
from mlmon.errors import ConfigurationError
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import validate
from mlmon_shared.yaml_documents import load_documents

_EVERY: Final = "every"
_NAME: Final = "JOB_NAME"
_IMAGE: Final = "IMAGE_NAME"
_PLACES: Final = {"ci.yml": ".github/workflows/job.yml", "dockerignore": ".dockerignore"}
"""Files that a package cannot carry under their own names."""


class Skeleton(StrEnum):
    """What there is to begin from."""

    TRAIN = "train"
    BATCH_SCORE = "batch-score"
    GPU_TRAIN = "gpu-train"
    ETL = "etl"


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made; or empty.")],
    template: Annotated[Skeleton, typer.Option("--template", help="What to begin from.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Of the job; else that of the template.")
    ] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="Of the job; else NAME:1.", metavar="IMAGE")
    ] = None,
) -> None:
    """Make a folder with a job: Dockerfile, definition, code, a test and a CI file."""
    name = name or template.value
    contents = dict(_contents(template, name=name, image=image or f"{name}:1"))
    (document,) = load_documents(contents["job.yaml"])
    validate(JobDefinition, document)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not an empty folder; name another one")
    for place, content in contents.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        sys.stdout.write(plain(f"created {target}") + "\n")
    has_inputs = any(place.startswith("sample/") for place in contents)
    sample = f" --in {folder}/sample" if has_inputs else ""
    sys.stdout.write(plain(f"try it: mlmon run-local {folder}/job.yaml --client me{sample}") + "\n")


def _contents(template: Skeleton, *, name: str, image: str) -> Iterator[tuple[str, bytes]]:
    root = files("mlmon") / "skeletons"
    top = PurePosixPath()
    found = [*_walk(root / _EVERY, top), *_walk(root / template.value, top)]
    has_inputs = any(place.parts[0] == "sample" for place, _ in found)
    for place, file in found:
        text = file.read_text(encoding="utf-8").replace(_NAME, name).replace(_IMAGE, image)
        if not has_inputs:
            text = text.replace(" --in sample", "")
        yield _PLACES.get(str(place), str(place)), text.encode()


def _walk(folder: Traversable, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_file():
            yield at / entry.name, entry
        elif entry.name != "__pycache__":
            yield from _walk(entry, at / entry.name)
