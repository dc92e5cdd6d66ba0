"""A job definition: what people write in YAML or JSON to say what can run."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.deadlines import DailyDeadline
from mlmon_shared.wire.joins import FIRST_OF_ONE, Join, JoinKind
from mlmon_shared.wire.models import StrictModel
from mlmon_shared.wire.names import Labels, Name, RelativePath
from mlmon_shared.wire.outputs import CHECKPOINT_FOLDER, Output, OutputKind
from mlmon_shared.wire.quantities import Duration, Size
from mlmon_shared.wire.schedules import Schedule
from mlmon_shared.wire.several_faults import refuse_if_any
from mlmon_shared.wire.states import Cause, Condition, Lane, Missing, UpstreamFailure

TEMPLATE: Final = re.compile(r"\{\{([^{}]*)\}\}")
"""What stands between the braces, with the space around it; linear in the text's length."""
TEMPLATE_NAME: Final = re.compile(
    r"^(params\.[A-Za-z0-9_-]+|client\.name|client\.labels\.[A-Za-z0-9._-]+"
    r"|client\.parameters\.[A-Za-z0-9_-]+|run\.(id|job|version|attempt|slot|slot_date))$"
)
ENVIRONMENT_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
ARTIFACT_SOURCE: Final = re.compile(r"^artifact:([A-Za-z0-9._-]+)/(.+)$")
S3_SOURCE: Final = re.compile(r"^s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)$")
HTTPS_SOURCE: Final = re.compile(r"^https://[A-Za-z0-9.:\[\]-]{1,260}/[^#\s\\]*$")
"""Host and port are no templates: where a file comes from is for the author to say."""

NOT_AVAILABLE_YET: Final[dict[str, set[str]]] = {}
"""Fields that the design has and this version does not, by the section they stand in."""


class Resources(StrictModel):
    """What one attempt needs of a host.

    Attributes:
        cpu: Cores; fractions of a thousandth are kept.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes of scratch space.
        exclusive: The attempt takes a host that runs nothing else, and all of it.
    """

    cpu: Annotated[float, Field(gt=0, le=1024)] = 1.0
    memory: Annotated[Size, Field(ge=1)] = 512 * 2**20
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    disk: Size = 0
    exclusive: bool = False


class ContainerOptions(StrictModel):
    """What of the container's file system the command may write to; nothing to a plain process.

    Attributes:
        read_only: Whether all but `/mlmon/out`, `/tmp` and the image's volumes is read-only.
        tmp: Bytes that `/tmp`, which is in memory, may take of the attempt's memory; all of it
            when left out.
    """

    read_only: bool = True
    tmp: Annotated[Size, Field(ge=1)] | None = None


class Requirements(StrictModel):
    """What a host must have beside room: agents' labels, all of them with that value."""

    labels: Labels = {}


class Concurrency(StrictModel):
    """How much of a job runs at once; what finds a limit reached is `parked`.

    Attributes:
        per_client: Runs of this job for one client.
        total: Runs of this job.
        resources: How much a run takes of named resources that others share.
    """

    per_client: Annotated[int, Field(ge=1, le=100_000)] | None = None
    total: Annotated[int, Field(ge=1, le=100_000)] | None = None
    resources: Annotated[
        dict[Name, Annotated[int, Field(ge=1, le=1_000_000)]], Field(max_length=16)
    ] = {}


class Timeouts(StrictModel):
    """When a run is given up, and when an attempt is stopped.

    Attributes:
        start: Seconds from submission, or from `not_before`, within which the first attempt
            must have started; else the run expires.
        run: Seconds after the command's start.
        silence: Seconds without any output.
    """

    start: Annotated[Duration, Field(gt=0)] | None = None
    run: Annotated[Duration, Field(gt=0)] = 24 * 3600.0
    silence: Annotated[Duration, Field(gt=0)] | None = None


class RetryAction(StrEnum):
    """What a retry rule does with the attempts that it names."""

    RETRY = "retry"
    FAIL = "fail"


class RetryRule(StrictModel):
    """What to do after an attempt that ended so; what is left out may be anything.

    Attributes:
        exit_codes: Of the command.
        causes: Of the attempt.
        backoff: Seconds until a retry.
    """

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["exit_codes"]}, {"required": ["causes"]}]}
    )

    exit_codes: list[Annotated[int, Field(ge=1, le=255)]] = []
    causes: list[Cause] = []
    action: RetryAction
    backoff: Duration = 10.0

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        if not self.exit_codes and not self.causes:
            raise PydanticCustomError("rule", "name exit_codes, causes, or both", {})
        return self


class Retries(StrictModel):
    """How often a run is tried again.

    Attributes:
        infra: Further attempts after causes that are not the command's fault.
        user: Further attempts after the command failed by itself.
        rules: Looked through top-down before the budgets' defaults.
        memory_on_oom: A run that needed more memory than it may use is tried again with that
            multiple of it, whatever the budgets, as long as it fits a host.
    """

    infra: Annotated[int, Field(ge=0, le=10)] = 3
    user: Annotated[int, Field(ge=0, le=10)] = 0
    rules: list[RetryRule] = []
    memory_on_oom: Annotated[float, Field(gt=1, le=10)] | None = None


class DependencyScope(StrEnum):
    """Whose runs an upstream job is looked for among."""

    SAME_CLIENT = "same-client"
    BATCH = "batch"


class JobDependency(StrictModel):
    """A run of this job waits for another job's runs.

    Attributes:
        job: The upstream job.
        scope: `same-client` waits for that client's runs of the job in the same batch, else
            for the client's newest run of it; `batch` fans in over every run of the job in
            the batch.
        when: The condition, for `same-client`.
        within: For `same-client`: the newest run counts if it is live, or ended no longer than
            this ago.
        missing: For `same-client`: what happens when there is no such run.
        percent: For `batch`: this share of the upstream runs must succeed; all must be final.
    """

    job: Name
    scope: DependencyScope = DependencyScope.SAME_CLIENT
    when: Condition = Condition.SUCCEEDED
    within: Annotated[Duration, Field(gt=0)] | None = None
    missing: Missing = Missing.WAIT
    percent: Annotated[float, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _check_scope(self) -> Self:
        faults: list[tuple[tuple[str, ...], str]] = []
        if self.scope is DependencyScope.SAME_CLIENT and self.percent is not None:
            faults.append((("percent",), "percent goes with scope: batch"))
        if self.scope is DependencyScope.BATCH:
            if self.when is not Condition.SUCCEEDED:
                detail = "scope: batch counts successes; leave when out and set percent"
                faults.append((("when",), detail))
            if self.within is not None:
                faults.append((("within",), "within goes with scope: same-client"))
            if self.missing is not Missing.WAIT:
                faults.append((("missing",), "missing goes with scope: same-client"))
        refuse_if_any(faults, kind="dependency")
        return self


def _check_templates(text: str) -> str:
    names = dict.fromkeys(map(str.strip, TEMPLATE.findall(text)))
    unknown = [name for name in names if TEMPLATE_NAME.match(name) is None]
    if unknown:
        raise PydanticCustomError(
            "template",
            "{names} {verb} unknown; there are params.<name>, client.name, "
            "client.labels.<name>, client.parameters.<name>, run.id, run.job, "
            "run.version, run.attempt, run.slot and run.slot_date",
            {
                "names": ", ".join(f"{{{{ {name} }}}}" for name in unknown),
                "verb": "is" if len(unknown) == 1 else "are",
            },
        )
    return text


def _refuse_our_names(name: str) -> str:
    if name.startswith("MLMON_"):
        raise PydanticCustomError(
            "environment", "{name} is set by MLMon; choose another name", {"name": name}
        )
    return name


def _check_source(source: str) -> str:
    if ARTIFACT_SOURCE.match(source) is not None:
        return source
    if S3_SOURCE.match(source) is None and HTTPS_SOURCE.match(TEMPLATE.sub("", source)) is None:
        raise PydanticCustomError(
            "input",
            'write "artifact:<job>/<path>", "s3://<bucket>/<key>" or "https://<host>/<path>"; '
            "bucket and host have no templates",
            {},
        )
    if "{" in source.partition("://")[2].partition("/")[0]:
        raise PydanticCustomError("input", "bucket and host have no templates", {})
    return _check_templates(source)


class Input(StrictModel):
    """A file that is put into the attempt's input folder before the command starts.

    Attributes:
        source: Written as `from`. `artifact:<job>/<path>`: of the upstream run that this run
            waited for, else the newest that the client's run of the job published.
            `s3://<bucket>/<key>` or `https://<host>/<path>`, with templates after the first `/`.
        target: Where it appears under the input folder, written as `to`. With a
            `/` at its end, one file per upstream run: `<to><client>/<path>`.
        sha256: What the content must have, for `s3://` and `https://`; in hexadecimal.
    """

    source: Annotated[
        str, Field(alias="from"), StringConstraints(max_length=2000), AfterValidator(_check_source)
    ]
    target: Annotated[RelativePath, Field(alias="to")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        faults: list[tuple[tuple[str, ...], str]] = []
        if self.is_artifact and self.sha256 is not None:
            faults.append((("sha256",), "an artifact's checksum is known; leave sha256 out"))
        if not self.is_artifact and self.target.endswith("/"):
            faults.append((("to",), 'this is one file; leave the "/" at the end out'))
        refuse_if_any(faults, kind="input")
        return self

    @property
    def is_artifact(self) -> bool:
        """Whether another job published it."""
        return self.source.startswith("artifact:")

    @property
    def job(self) -> str:
        """The job whose artifact it is; of artifacts only."""
        return self.source.removeprefix("artifact:").split("/", 1)[0]

    @property
    def path(self) -> str:
        """The artifact's path among that job's outputs; of artifacts only."""
        return self.source.split("/", 1)[1]


CommandWord = Annotated[str, StringConstraints(max_length=32768), AfterValidator(_check_templates)]
_EnvironmentName = Annotated[
    str, StringConstraints(pattern=ENVIRONMENT_NAME), AfterValidator(_refuse_our_names)
]
_EnvironmentValue = Annotated[str, AfterValidator(_check_templates)]


class JobDefinition(StrictModel):
    """One version of what can run, as its author wrote it, with the defaults filled in.

    Attributes:
        secrets: By the name of the file that holds it, the name of the secret.
        join: How many of a run's dependencies must be met.
        on_upstream_failure: What happens once so many never will be.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    image: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    command: Annotated[list[CommandWord], Field(min_length=1, max_length=1000)]
    environment: dict[_EnvironmentName, _EnvironmentValue] = {}
    secrets: Annotated[dict[Name, Name], Field(max_length=50)] = {}
    parameters: dict[str, Any] = {}
    resources: Resources = Resources()
    container: ContainerOptions = ContainerOptions()
    requires: Requirements = Requirements()
    pools: Annotated[list[Name], Field(max_length=20)] = []
    lane: Lane = Lane.NORMAL
    priority: Annotated[int, Field(ge=0, le=1000)] = 50
    timeouts: Timeouts = Timeouts()
    deadline: DailyDeadline | None = None
    retries: Retries = Retries()
    concurrency: Concurrency = Concurrency()
    schedule: Schedule | None = None
    depends_on: Annotated[list[JobDependency], Field(max_length=100)] = []
    join: Annotated[Join, FIRST_OF_ONE] = JoinKind.ALL
    on_upstream_failure: UpstreamFailure = UpstreamFailure.SKIP
    inputs: Annotated[list[Input], Field(max_length=200)] = []
    outputs: Annotated[list[Output], Field(max_length=200)] = []
    labels: Labels = {}

    @field_validator("pools", "outputs")
    @classmethod
    def _refuse_repeats(cls, values: list[Any]) -> list[Any]:
        seen: set[str] = set()
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for position, value in enumerate(values):
            key = value.path if isinstance(value, Output) else value
            if key in seen:
                faults.append(((position,), f'"{key}" stands twice'))
            seen.add(key)
        refuse_if_any(faults)
        return values

    @model_validator(mode="after")
    def _refuse_self_dependency(self) -> Self:
        refuse_if_any(
            (("depends_on", position, "job"), "a job cannot depend on itself")
            for position, dependency in enumerate(self.depends_on)
            if dependency.job == self.name
        )
        return self

    @model_validator(mode="after")
    def _keep_room_for_checkpoints(self) -> Self:
        if self.checkpoints:
            refuse_if_any(
                (
                    ("inputs", position, "to"),
                    f"{CHECKPOINT_FOLDER} is where the run's checkpoints are put; name another",
                )
                for position, wanted in enumerate(self.inputs)
                if wanted.target.split("/", maxsplit=1)[0] == CHECKPOINT_FOLDER
            )
        return self

    @property
    def checkpoints(self) -> list[Output]:
        """The outputs that are kept for the next attempt."""
        return [output for output in self.outputs if output.kind is OutputKind.CHECKPOINT]


ChangeKind = Literal["created", "changed", "unchanged"]
