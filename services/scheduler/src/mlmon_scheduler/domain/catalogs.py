"""The snapshot, indexed by name, and the checks that one submitted run goes through."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlmon_scheduler.domain.durations import Estimate, unknown_estimate
from mlmon_scheduler.domain.gates import explain_shortage
from mlmon_scheduler.domain.quotas import explain_quota
from mlmon_scheduler.domain.rollouts import Rollout
from mlmon_scheduler.domain.secrets import explain_secret_refusal
from mlmon_scheduler.domain.shapes import explain_misfit, share_of
from mlmon_shared.jobs.admissions import explain_absence, explain_refusal, takes_client
from mlmon_shared.jobs.parameters import ParameterChecker
from mlmon_shared.wire.catalog import Client, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.secrets import SealedSecret
from mlmon_shared.wire.validation import unknown


@dataclass(frozen=True)
class DefinitionVersion:
    """One version of a job definition."""

    version: int
    definition: JobDefinition

    @cached_property
    def parameters(self) -> ParameterChecker:
        """The checker of its parameters."""
        return ParameterChecker(self.definition.parameters)


@dataclass(frozen=True)
class Catalog:
    """What a submission may name, at one config revision.

    Attributes:
        capacities: Of the named resources.
        archived: Names of jobs that take no new runs.
        rollouts: Of the jobs of which some clients use another version than the current one.
        secrets: By name, sealed.
        older: Versions other than the current ones: those of rollouts, and others as
            submissions name them.
        estimates: Of the versions of which runs were measured, kept from catalog to catalog.
        fits: Of the versions that were asked for, see `fit_of`.
    """

    config_revision: int
    definitions: Mapping[str, DefinitionVersion]
    clients: Mapping[str, Client]
    pools: Mapping[str, Pool]
    capacities: Mapping[str, int]
    archived: frozenset[str] = frozenset()
    rollouts: Mapping[str, Rollout] = field(default_factory=dict)
    secrets: Mapping[str, SealedSecret] = field(default_factory=dict)
    older: dict[tuple[str, int], DefinitionVersion] = field(default_factory=dict)
    estimates: Mapping[tuple[str, int], Estimate] = field(default_factory=dict)
    fits: dict[tuple[str, int], "Fit"] = field(default_factory=dict, init=False, compare=False)

    @classmethod
    def of(
        cls, snapshot: Snapshot, estimates: Mapping[tuple[str, int], Estimate] | None = None
    ) -> "Catalog":
        """Index a snapshot."""
        return cls(
            config_revision=snapshot.config_revision,
            definitions={
                current.name: DefinitionVersion(current.version, current.definition)
                for current in snapshot.job_definitions
            },
            clients={client.name: client for client in snapshot.clients},
            pools={pool.name: pool for pool in snapshot.pools},
            capacities={each.name: each.capacity for each in snapshot.resources},
            archived=frozenset(snapshot.archived_jobs),
            rollouts={
                current.name: Rollout.of(current)
                for current in snapshot.job_definitions
                if current.canary is not None or current.pins
            },
            secrets={secret.name: secret for secret in snapshot.secrets},
            older={
                (other.name, other.version): DefinitionVersion(other.version, other.definition)
                for other in snapshot.other_definitions
            },
            estimates={} if estimates is None else estimates,
        )

    def find_version(self, job: str, version: int | None) -> DefinitionVersion | None:
        """Return the version that is asked for, the current one for None.

        Live runs of an archived job have its versions still.
        """
        current = self.definitions.get(job)
        if version is None or (current is not None and current.version == version):
            return current
        return self.older.get((job, version))

    def choose_version(self, job: str, client: str) -> int | None:
        """Return the version of a submission that names none; None without such a job."""
        if (rollout := self.rollouts.get(job)) is not None:
            return rollout.choose(client)
        current = self.definitions.get(job)
        return current.version if current is not None else None

    def lacks_secrets(self, jobs: Collection[str]) -> bool:
        """Say whether the current version of one of the jobs names a secret that is not here."""
        return any(
            name not in self.secrets
            for job in jobs
            if job in self.definitions
            for name in self.definitions[job].definition.secrets.values()
        )

    def estimate_of(self, version: DefinitionVersion) -> Estimate:
        """Return how long runs of the version take, as far as it is known."""
        known = self.estimates.get((version.definition.name, version.version))
        return known or unknown_estimate(version.definition.timeouts.run)

    def fit_of(self, version: DefinitionVersion) -> "Fit":
        """Return where the version can run; worked out once."""
        name = (version.definition.name, version.version)
        if name not in self.fits:
            definition = version.definition
            named = self.pools_of(definition)
            refusals = {
                pool.name: explain_refusal(pool, definition) or explain_absence(pool)
                for pool in named
            }
            taking = tuple(pool for pool in named if refusals[pool.name] is None)
            misfit = explain_misfit(definition.resources, named)
            if misfit is None and explain_misfit(definition.resources, taking) is not None:
                misfit = next(each for each in refusals.values() if each is not None)
            self.fits[name] = Fit(
                misfit=misfit,
                shortage=explain_shortage(definition, self.capacities),
                share=share_of(definition.resources, list(self.pools.values())),
                pools=taking,
                is_any=not definition.pools and len(taking) == len(self.pools),
            )
        return self.fits[name]

    def pools_of(self, definition: JobDefinition) -> list[Pool]:
        """Return the pools that may run the job: those it names, or all."""
        names = definition.pools or list(self.pools)
        return [self.pools[name] for name in names if name in self.pools]


@dataclass(frozen=True)
class Fit:
    """Where a version can run.

    Attributes:
        misfit: Why no pool has room for it, or None.
        shortage: Why a named resource never suffices, or None.
        share: Of the largest host, 0 to 1.
        pools: Those that take the job, in its order of preference.
        is_any: Whether these are all that there are, and none is preferred.
    """

    misfit: str | None
    shortage: str | None
    share: float
    pools: tuple[Pool, ...]
    is_any: bool

    def pools_for(self, client: Client) -> tuple[str, ...] | None:
        """Return the pools that take the client's runs, an empty tuple for any that there is.

        Returns:
            None when no pool does.
        """
        taking = tuple(pool.name for pool in self.pools if takes_client(pool, client))
        if self.is_any and len(taking) == len(self.pools):
            return ()
        return taking or None


@dataclass(frozen=True)
class CheckedRun:
    """What a submission came to.

    Attributes:
        version: To run.
        params: With the defaults.
        pools: That may run it, in order of preference; empty for any.
        share: Of the largest host, 0 to 1.
        estimate: How long it is expected to run.
    """

    version: DefinitionVersion
    params: Mapping[str, Any]
    pools: Sequence[str]
    share: float
    estimate: Estimate


def check_run(
    catalog: Catalog,
    *,
    job: str,
    version: int | None,
    client: str,
    params: Mapping[str, Any],
    at: str,
) -> tuple[CheckedRun | None, list[dict[str, str]]]:
    """Check one run against the catalog.

    Args:
        catalog: What may be named.
        job: As submitted.
        version: As submitted.
        client: As submitted.
        params: As submitted.
        at: JSON pointer of the run in the request.

    Returns:
        The checked run, or None with every fault found.
    """
    faults = []
    customer = catalog.clients.get(client)
    if customer is None:
        faults.append(_fault(f"{at}/client", unknown("client", client, list(catalog.clients))))
    if version is None:
        version = catalog.choose_version(job, client)
    found = catalog.find_version(job, version)
    if job in catalog.archived:
        detail = f'the job "{job}" is archived; restore it first (mlmon jobs restore {job})'
        return None, [*faults, _fault(f"{at}/job", detail)]
    if job not in catalog.definitions:
        faults.append(_fault(f"{at}/job", unknown("job", job, list(catalog.definitions))))
    elif found is None:
        newest = catalog.definitions[job].version
        faults.append(
            _fault(f"{at}/version", f"{job} has no version {version}; the newest is {newest}")
        )
    if found is None:
        return None, faults
    filled = found.parameters.with_defaults(params)
    faults += found.parameters.find_faults(filled, at=f"{at}/params")
    fit = catalog.fit_of(found)
    faults += _find_obstacles(fit, found, customer, at)
    faults += _find_secret_faults(catalog, found, customer, at)
    pools = fit.pools_for(customer) if customer is not None else None
    if faults or pools is None:
        return None, faults
    return CheckedRun(found, filled, pools, fit.share, catalog.estimate_of(found)), []


def _find_obstacles(
    fit: Fit, version: DefinitionVersion, client: Client | None, at: str
) -> list[dict[str, str]]:
    """Return what would keep a run from ever starting."""
    job = version.definition.name
    faults = []
    if fit.misfit is not None:
        faults.append(_fault(f"{at}/job", f"{job} cannot be placed: {fit.misfit}"))
    if fit.shortage is not None:
        faults.append(_fault(f"{at}/job", f"{job} could never start: {fit.shortage}"))
    if client is None:
        return faults
    excess = explain_quota(client, version.definition.resources)
    if excess is not None:
        faults.append(_fault(f"{at}/client", f"{job} could never start: {excess}"))
    if fit.pools and fit.pools_for(client) is None:
        names = ", ".join(pool.name for pool in fit.pools)
        detail = f"{job} cannot be placed: {names} takes no runs for {client.name}"
        faults.append(_fault(f"{at}/client", detail))
    return faults


def _find_secret_faults(
    catalog: Catalog, version: DefinitionVersion, client: Client | None, at: str
) -> list[dict[str, str]]:
    if client is None:
        return []
    refusal = explain_secret_refusal(version.definition, client.name, catalog.secrets)
    return [_fault(f"{at}/{refusal.field}", refusal.detail)] if refusal is not None else []


def _fault(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}
