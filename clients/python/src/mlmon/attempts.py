"""What a command uses inside its own attempt: where its files are, and how it reports.

```python
import mlmon

mlmon.report(progress=0.5, metrics={"auc": 0.91})
```
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from anyio.from_thread import start_blocking_portal

from mlmon.errors import (
    ConfigurationError,
    ServerUnreachableError,
    ServiceUnavailableError,
    TooManyRequestsError,
)
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.outputs import CHECKPOINT_FOLDER
from mlmon_shared.wire.progress import ProgressReport
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.validation import validate

_REPORT_SECONDS: Final = 3.0
_PASSING: Final = (ServerUnreachableError, ServiceUnavailableError, TooManyRequestsError)


@dataclass(frozen=True)
class Attempt:
    """The attempt that this program runs in.

    Attributes:
        run_id: Of its run.
        number: 1 for the first attempt of the run.
        fence: Grows with each lease: what is written elsewhere can be told from older writes.
        params: The run's, defaults filled in.
        inputs: Folder.
        outputs: Folder.
        api_url: Where the API is.
        token: The attempt's own; empty where the API cannot be reached.
    """

    run_id: str
    number: int
    fence: str
    job: str
    client: str
    params: dict[str, Any]
    inputs: Path
    outputs: Path
    api_url: str = ""
    token: str = field(default="", repr=False)

    def checkpoint(self, path: str) -> Path | None:
        """Return where the newest checkpoint of an earlier attempt of this run is, if one is.

        Args:
            path: As the definition's `outputs` names it, with `kind: checkpoint`.
        """
        found = self.inputs / CHECKPOINT_FOLDER / path
        return found if found.is_file() else None

    def run(self) -> RunDocument:
        """Return the run as the server shows it.

        Raises:
            ConfigurationError: This attempt has no token.
            StaleFenceError: The attempt is over.
        """
        if not self.token:
            raise ConfigurationError(
                "this attempt has no token: its pool's network must be bridge or host, and "
                "`mlmon run-local` has no server"
            )

        async def get() -> RunDocument:
            async with Transport(self.api_url, token=self.token) as transport:
                return await SchedulerClient(transport).get_run(self.run_id)

        with start_blocking_portal() as portal:
            return portal.call(get)


def current_attempt(environment: Mapping[str, str] | None = None) -> Attempt:
    """Return the attempt that this program runs in.

    Args:
        environment: The process's own when left out.

    Raises:
        ConfigurationError: It runs in none.
    """
    environment = os.environ if environment is None else environment
    try:
        return Attempt(
            run_id=environment["MLMON_RUN_ID"],
            number=int(environment["MLMON_ATTEMPT"]),
            fence=environment["MLMON_FENCE"],
            job=environment["MLMON_JOB"],
            client=environment["MLMON_CLIENT"],
            params=json.loads(Path(environment["MLMON_PARAMS"]).read_text(encoding="utf-8")),
            inputs=Path(environment["MLMON_IN"]),
            outputs=Path(environment["MLMON_OUT"]),
            api_url=environment.get("MLMON_API_URL", ""),
            token=environment.get("MLMON_TOKEN", ""),
        )
    except KeyError as error:
        raise ConfigurationError(
            f"this program runs in no attempt: {error.args[0]} is not set; submit it as a job, or "
            "try it with `mlmon run-local`"
        ) from error


def report(
    progress: float | None = None,
    metrics: Mapping[str, float] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Say how far this program is, and what it has measured; the last value counts.

    Over HTTP with the attempt's token. Where there is none, and while the server does not answer,
    the `::mlmon` lines are printed that say the same: they reach it with the log.

    Args:
        progress: 0 to 1.
        metrics: Finite numbers by name, up to 100 characters without blanks; 200 names in all.
        environment: The process's own when left out.

    Raises:
        InvalidRequestError: Nothing is said, or a value or name cannot be.
        StaleFenceError: The attempt is over: what this program makes will be discarded.
    """
    environment = os.environ if environment is None else environment
    said: dict[str, Any] = {} if progress is None else {"progress": float(progress)}
    if metrics:
        said["metrics"] = {name: float(value) for name, value in metrics.items()}
    checked = validate(ProgressReport, said)
    run_id, url, token = (
        environment.get(name, "") for name in ("MLMON_RUN_ID", "MLMON_API_URL", "MLMON_TOKEN")
    )
    if run_id and url and token:
        try:
            return _send(checked, run_id, url, token)
        except _PASSING:
            # What is printed later than it was told counts, so nothing is lost or put back.
            return _print(checked)
    return _print(checked)


def _send(report: ProgressReport, run_id: str, url: str, token: str) -> None:
    async def send() -> None:
        # Once: a command is not to wait for a server that is away.
        async with Transport(
            url, token=token, timeout_seconds=_REPORT_SECONDS, tries=1
        ) as transport:
            await SchedulerClient(transport).report_progress(run_id, report)

    # In a loop of its own: the program may have one that is running.
    with start_blocking_portal() as portal:
        portal.call(send)


def _print(report: ProgressReport) -> None:
    lines = [] if report.progress is None else [f"::mlmon progress={report.progress!r}"]
    lines += [
        f"::mlmon metric name={name} value={value!r}" for name, value in report.metrics.items()
    ]
    # In one piece, so that threads which write too do not get between.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
