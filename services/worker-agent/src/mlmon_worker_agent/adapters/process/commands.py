"""What a process attempt is started with: its folder, its environment, its PATH."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_worker_agent.adapters.process import files

INHERITED: Final = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
_DEFAULT_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class ProcessImage(BaseModel):
    """What stands for an image on this host.

    Attributes:
        folder: The command starts here.
        path: Put before PATH.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: list[str] = []


def command_environment(
    spec: AttemptSpec,
    root: Path,
    image: ProcessImage | None,
    *,
    api_url: str,
    secrets: Path,
    gpus: Sequence[str] = (),
) -> dict[str, str]:
    """Return the whole environment of the command; of the agent's own only the basics.

    Args:
        spec: Its `environment` overrides the basics; nothing overrides `MLMON_*`, nor which
            GPUs it sees.
        root: The attempt's folder.
        image: Whose `path` comes before everything else on PATH.
        api_url: Where the command may report.
        secrets: Folder of the attempt's secrets, if it has any.
        gpus: UUIDs of its devices. CUDA shows it no others, but nothing keeps it from them.
    """
    basics = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment = {"PATH": _DEFAULT_PATH} | basics | spec.environment
    if image is not None and image.path:
        environment["PATH"] = os.pathsep.join([*image.path, environment["PATH"]])
    return environment | {
        "TMPDIR": str(root / "tmp"),
        "CUDA_VISIBLE_DEVICES": ",".join(gpus),
        "NVIDIA_VISIBLE_DEVICES": ",".join(gpus) or "void",
        "MLMON_RUN_ID": spec.run_id,
        "MLMON_ATTEMPT": str(spec.attempt),
        "MLMON_FENCE": spec.fence,
        "MLMON_JOB": spec.job,
        "MLMON_CLIENT": spec.client,
        "MLMON_API_URL": api_url,
        "MLMON_PARAMS": str(root / "params.json"),
        "MLMON_IN": str(root / "in"),
        "MLMON_OUT": str(root / "out"),
        "MLMON_STOP_REASON_FILE": str(root / files.STOP_REASON),
        **({"MLMON_SECRETS": str(secrets)} if spec.secrets else {}),
        **({"MLMON_TOKEN": spec.token} if spec.token else {}),
    }


def shim_environment(search_path: list[str]) -> dict[str, str]:
    """Return the environment of a shim: enough to find this package, and no secret."""
    basics = {name: os.environ[name] for name in INHERITED if name in os.environ}
    entries = [str(Path(entry).absolute()) for entry in search_path if entry]
    return basics | {"PYTHONPATH": os.pathsep.join(entries), "PYTHONDONTWRITEBYTECODE": "1"}


def attempt_markers(run_id: str, number: int, fence: str) -> Mapping[str, str]:
    """Return the part of the environment by which an attempt's processes are known."""
    return {"MLMON_RUN_ID": run_id, "MLMON_ATTEMPT": str(number), "MLMON_FENCE": fence}
