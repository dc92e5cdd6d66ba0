"""What config-api stores beside job definitions: clients, pools, resources, tokens, snapshot."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, JsonValue, StringConstraints

from mlmon_shared.wire.agent_releases import AgentRelease
from mlmon_shared.wire.job_definitions import ChangeKind, JobDefinition, Resources
from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Labels, Name
from mlmon_shared.wire.passes import PassKey
from mlmon_shared.wire.plans import DefinitionPlan, DefinitionWarning
from mlmon_shared.wire.pools import Admission, AdmittedInstances, Scaling
from mlmon_shared.wire.quantities import Duration, Size
from mlmon_shared.wire.rollouts import Canary
from mlmon_shared.wire.secrets import SealedSecret
from mlmon_shared.wire.states import Lane, NetworkPolicy, Scope


class Quotas(StrictModel):
    """What agents may hold at once for a client; what is left out has no limit.

    Attributes:
        runs: How many.
        cpu: Cores that they ask for together.
        memory: Bytes.
        gpus: Whole GPUs; 0 for none.
    """

    runs: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    cpu: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    memory: Annotated[Size, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Client(StrictModel):
    """A customer for whom runs work.

    Attributes:
        weight: Its share against the others.
        parameters: What definitions may use as `{{ client.parameters.<name> }}`.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    labels: Labels = {}
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    quotas: Quotas = Quotas()
    parameters: Annotated[dict[ParameterName, JsonValue], Field(max_length=100)] = {}


class ClientDocument(Client):
    """A client as it is stored.

    Attributes:
        is_paused: None of its runs starts until it is resumed; saving it does not change that.
        pause_reason: Why, in the words of who paused it.
        etag: What `If-Match` names to change this and nothing else; pausing changes it too.
    """

    is_paused: bool = False
    pause_reason: str = ""
    etag: str | None = None

    def as_written(self) -> Client:
        """Return what people write of it."""
        return Client(**{name: getattr(self, name) for name in Client.model_fields})


class PauseRequest(StrictModel):
    """Why something is paused."""

    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class ImportResult(WireModel):
    """What importing clients did, or would do (`dry_run`).

    Attributes:
        created: How many are new.
        config_revision: The revision at which the change is visible.
    """

    created: int
    changed: int
    unchanged: int
    is_dry_run: bool = False
    config_revision: int


class NamedResource(StrictModel):
    """Something outside that runs share, such as a warehouse's sessions.

    Attributes:
        capacity: How much of it all runs together may take; 0 lets none start.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    capacity: Annotated[int, Field(ge=0, le=1_000_000_000)]


class NamedResourceDocument(NamedResource):
    """A named resource as it is stored.

    Attributes:
        etag: What `If-Match` names to change this and nothing else.
    """

    etag: str | None = None

    def as_written(self) -> NamedResource:
        """Return what people write of it."""
        return NamedResource(**{name: getattr(self, name) for name in NamedResource.model_fields})


class Pool(StrictModel):
    """A named class of hosts.

    Attributes:
        resources: Of the pool's largest host: what can never fit is refused at submission.
        labels: That every host of the pool has, over what its agent says of itself: a job that
            requires another value never fits.
        stop_after: Seconds after its last acknowledged beat at which an agent stops its
            attempts by itself.
        kill_grace: Seconds between SIGTERM and SIGKILL.
        lane_shares: How much of the pool, in any resource, runs of a lane may hold before they take
            only what other lanes leave; all where a lane is left out.
        network: What containers of the pool can reach: nothing, what the engine's bridge
            lets through, or all that the host does.
        price_per_hour: Of a host, in the currency that the deployment counts in.
        takes: Which runs, of those that fit.
        scaling: How many hosts it has.
        instances: Which EC2 instances may register its agents without a token; none when left out.
        agent_release: What its agents bring themselves to, where they are installed as a package;
            each stays as it is when left out.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    resources: Resources
    labels: Labels = {}
    stop_after: Annotated[Duration, Field(ge=2)] = 600.0
    kill_grace: Annotated[Duration, Field(ge=0, le=3600)] = 10.0
    lane_shares: dict[Lane, Annotated[float, Field(gt=0, le=1)]] = {}
    network: NetworkPolicy = NetworkPolicy.NONE
    price_per_hour: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    takes: Admission = Admission()
    scaling: Scaling = Scaling()
    instances: AdmittedInstances | None = None
    agent_release: AgentRelease | None = None


class PoolDocument(Pool):
    """A pool as it is stored.

    Attributes:
        etag: What `If-Match` names to change this and nothing else.
    """

    etag: str | None = None

    def as_written(self) -> Pool:
        """Return what people write of it."""
        return Pool(**{name: getattr(self, name) for name in Pool.model_fields})


TOKEN_LIMITS_LIMIT: Final = 100
_TokenLimits = Annotated[list[Name], Field(min_length=1, max_length=TOKEN_LIMITS_LIMIT)]


class TokenRequest(StrictModel):
    """A request for a token.

    Attributes:
        pool: The pool that a token of scope `agent` serves.
        clients: The only clients whose runs a token of scope `submitter` or `reader` sees and
            submits; all when left out.
        jobs: The only jobs of which it sees and submits runs; all when left out.
        expires_at: It never expires when left out.
    """

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1)]
    pool: Name | None = None
    clients: _TokenLimits | None = None
    jobs: _TokenLimits | None = None
    expires_at: datetime | None = None


class TokenDocument(WireModel):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    pool: str | None = None
    clients: list[str] | None = None
    jobs: list[str] | None = None
    expires_at: datetime | None = None
    created_at: datetime


class NewTokenDocument(TokenDocument):
    """A token as it is shown once, on creation."""

    token: str


class TokenRecord(TokenDocument):
    """A token as services know it: by the SHA-256 of its secret, in hexadecimal."""

    sha256: str


class CurrentDefinition(WireModel):
    """The version of a job definition that new runs use.

    Attributes:
        canary: A version that some clients use instead.
        pins: By version, the clients that use that one whatever is current or tried.
    """

    name: str
    version: int
    definition: JobDefinition
    canary: Canary | None = None
    pins: dict[int, list[str]] = {}


class OtherDefinition(WireModel):
    """A version that is not current, and that pins or a canary let some clients use."""

    name: str
    version: int
    definition: JobDefinition


class Snapshot(WireModel):
    """All that other services need of config-api, at one revision.

    Attributes:
        paused_schedules: Jobs that start nothing by themselves now.
        archived_jobs: Names of jobs that take no new runs; they have no definition here.
        pass_keys: What checks the passes of people who are signed in at config-api.
        other_definitions: What pins and canaries of the jobs name.
    """

    config_revision: int
    job_definitions: list[CurrentDefinition]
    clients: list[Client]
    paused_clients: list[str] = []
    pools: list[Pool]
    resources: list[NamedResource] = []
    archived_jobs: list[str] = []
    paused_schedules: list[str] = []
    other_definitions: list[OtherDefinition] = []
    secrets: list[SealedSecret] = []
    tokens: list[TokenRecord]
    pass_keys: list[PassKey] = []


class JobDefinitionDocument(WireModel):
    """A stored version of a job definition.

    Attributes:
        archived_at: Since when the job takes no new runs; None while it does.
        etag: What `If-Match` names to change the job, archive or restore it while it is this;
            None of versions that are asked for by number, which nobody can change.
    """

    name: str
    version: int
    definition: JobDefinition
    created_at: datetime
    created_by: str
    archived_at: datetime | None = None
    archived_by: str | None = None
    etag: str | None = None


class ApplyResult(WireModel):
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
    change: ChangeKind
    version: int | None = None
    diff: str = ""
    is_dry_run: bool = False
    config_revision: int
    warnings: list[DefinitionWarning] = []
    plan: DefinitionPlan | None = None
    canary: Canary | None = None
    etag: str | None = None


class AuditEvent(WireModel):
    """One change of the configuration.

    Attributes:
        revision: The config revision at which it is visible; later changes have higher ones.
        by: Name of the token or user that made it, or `settings`.
        kind: What was changed: `job-definition`, `canary`, `pin`, `schedule`, `client`, `pool`,
            `resource`, `secret`, `webhook`, `token` or `user`.
        action: `created`, `changed`, `removed`, `paused`, `resumed`, `archived`, `restored`,
            `password-set`, `invited`, or of a secret (also a webhook's) `rotated` or `sealed`.
        before: The document as it was; null for what is new.
        after: The document as it is since; null for what is gone.
    """

    revision: int
    at: datetime
    by: str
    kind: str
    name: str
    action: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class AuditEventPage(WireModel):
    """A page of changes, the newest first."""

    items: list[AuditEvent]
    next_cursor: str | None = None


class JobDefinitionPage(WireModel):
    """A page of job definitions or of versions of one, by name or newest version first."""

    items: list[JobDefinitionDocument]
    next_cursor: str | None = None


class ClientPage(WireModel):
    """A page of clients, by name."""

    items: list[ClientDocument]
    next_cursor: str | None = None


class PoolPage(WireModel):
    """A page of pools, by name."""

    items: list[PoolDocument]
    next_cursor: str | None = None


class NamedResourcePage(WireModel):
    """A page of named resources, by name."""

    items: list[NamedResourceDocument]
    next_cursor: str | None = None


class TokenPage(WireModel):
    """A page of tokens, by name."""

    items: list[TokenDocument]
    next_cursor: str | None = None
