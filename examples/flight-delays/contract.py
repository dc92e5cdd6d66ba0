"""The whole contract between a job and MLMon: copy this file into your own job.

MLMon starts one process per attempt and tells it, through its environment, where to read and write:

- ``MLMON_JOB``, ``MLMON_CLIENT``, ``MLMON_RUN_ID``, ``MLMON_ATTEMPT``, ``MLMON_FENCE``: who it is;
- ``MLMON_PARAMS``: a JSON file with the run's parameters, defaults already applied;
- ``MLMON_IN``: a folder with the inputs that the definition names;
- ``MLMON_OUT``: a folder for results. What the definition names is published if the run succeeds.

The process answers by printing: a line that starts with ``::mlmon`` is a report, any other line is
the run's log. Exit code 0 is success.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def client_name() -> str:
    """Name of the client that this run belongs to; here, an airline's code."""
    return os.environ["MLMON_CLIENT"]


def read_params(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of this run; the defaults only matter when you start a script by hand."""
    path = Path(os.environ.get("MLMON_PARAMS", "/mlmon/params.json"))
    given = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {**defaults, **given}


def input_path(name: str) -> Path:
    """Where MLMon has put the input whose definition says ``to: <name>``."""
    return Path(os.environ.get("MLMON_IN", "/mlmon/in"), name)


def output_path(name: str) -> Path:
    """Where to write the output whose definition says ``path: <name>``."""
    folder = Path(os.environ.get("MLMON_OUT", "/mlmon/out"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def write_json(name: str, document: Mapping[str, Any]) -> None:
    """Write an output as JSON; refuses NaN, which JSON doesn't have."""
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    output_path(name).write_text(text + "\n", encoding="utf-8")


def report_progress(fraction: float) -> None:
    """Tell MLMon how much of the work is done, from 0 to 1."""
    print(f"::mlmon progress={fraction:.2f}", flush=True)


def report_metrics(metrics: Mapping[str, float | None]) -> None:
    """Send numbers to MLMon, to be seen while the run is going; unknown ones (None) aren't sent."""
    for name, value in metrics.items():
        if value is not None:
            print(f"::mlmon metric name={name} value={value:.6g}", flush=True)
