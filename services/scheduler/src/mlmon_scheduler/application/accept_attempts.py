"""Accept a grant: hand the agent all that it needs to run the attempt."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_inputs import InputFinder
from mlmon_scheduler.application.give_secrets import SecretGiver
from mlmon_scheduler.application.ports import LeaseStore, RunStore
from mlmon_scheduler.application.stored import Acceptance
from mlmon_scheduler.domain.attempt_limits import limits_of
from mlmon_scheduler.errors import InputRefusedError, SecretUnavailableError
from mlmon_shared.errors import NotFoundError, StaleFenceError
from mlmon_shared.jobs.templates import fill_in, template_values
from mlmon_shared.principals import AttemptIdentity
from mlmon_shared.wire.accepting import AcceptAnswer, GrantRef
from mlmon_shared.wire.agent_protocol import AttemptSpec, OutputFile
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.states import Cause, NetworkPolicy

_TRANSFER_MARGIN_SECONDS: Final = 3600.0
"""Grants outlive the longest run by this, for slow uploads."""


class AttemptAccepter:
    """Turns grants into running attempts.

    Args:
        token_of: Makes the token of an attempt, the same each time.
    """

    def __init__(
        self,
        *,
        runs: RunStore,
        leases: LeaseStore,
        artifacts: ArtifactStore,
        configuration: Configuration,
        inputs: InputFinder,
        completer: AttemptCompleter,
        secrets: SecretGiver,
        token_of: Callable[[AttemptIdentity], str],
    ) -> None:
        self._token_of = token_of
        self._completer = completer
        self._runs = runs
        self._leases = leases
        self._artifacts = artifacts
        self._configuration = configuration
        self._inputs = inputs
        self._secrets = secrets

    async def accept_attempt(self, agent_id: str, grant: GrantRef, *, pool: str) -> AttemptSpec:
        """Accept a grant and return the attempt's spec; repeating it returns the same.

        Raises:
            StaleFenceError: The grant expired, was cancelled, or never was.
            StoreUnavailableError: It is not known, and a recovery goes on.
        """
        (answer,) = await self.accept_attempts(agent_id, [grant], pool=pool)
        if answer.spec is None:
            raise StaleFenceError(answer.detail, run_id=grant.run_id, attempt=grant.attempt)
        return answer.spec

    async def accept_attempts(
        self, agent_id: str, grants: Sequence[GrantRef], *, pool: str
    ) -> list[AcceptAnswer]:
        """Accept grants; each is answered for itself, and repeating one returns the same.

        Specs are built before the leases are accepted, so that a run whose spec cannot be built
        never starts.

        Raises:
            StoreUnavailableError: A grant is not known, and a recovery goes on.
        """
        runs = await self._runs.find_fields([grant.run_id for grant in grants])
        built = await asyncio.gather(
            *(
                self._try_to_build(agent_id, fields, grant)
                for fields, grant in zip(runs, grants, strict=True)
            )
        )
        found = self._configuration.catalog.pools.get(pool)
        grace = found.kill_grace if found is not None else 0.0
        network = found.network if found is not None else NetworkPolicy.NONE
        acceptances = [
            Acceptance(
                spec.run_id,
                spec.attempt,
                spec.fence,
                limits_of(spec.timeouts, kill_grace_seconds=grace),
            )
            for spec in built
            if isinstance(spec, AttemptSpec)
        ]
        accepted = iter(await self._leases.accept(agent_id, acceptances))
        answers = []
        for grant, spec in zip(grants, built, strict=True):
            error = next(accepted) if isinstance(spec, AttemptSpec) else spec
            named = grant.model_dump()
            if isinstance(spec, AttemptSpec) and error is None:
                full = spec.model_copy(update={"network": network})
                answers.append(AcceptAnswer(**named, status="accepted", spec=full))
            elif error is not None:
                answers.append(AcceptAnswer(**named, status=error.code, detail=error.detail))
        return answers

    async def _try_to_build(
        self, agent_id: str, fields: Mapping[str, str] | None, grant: GrantRef
    ) -> AttemptSpec | StaleFenceError:
        """Return the spec, or why there is none; an attempt that cannot begin ends here."""
        if fields is None or fields.get("fence") != grant.fence:
            await self._runs.check_known()
            return StaleFenceError(
                f"attempt {grant.attempt} of run {grant.run_id} no longer holds its lease"
            )
        try:
            return await self._build_spec(fields, grant)
        # Left to the agent, the run would be returned and granted again for ever.
        except NotFoundError as error:
            reason = f"An input is missing: {error.detail}."
            await self._completer.fail_attempt(agent_id, grant, reason)
            return StaleFenceError(error.detail)
        except InputRefusedError as error:
            reason = f"An input cannot be had: {error}."
            await self._completer.fail_attempt(agent_id, grant, reason, cause=Cause.USER_ERROR)
            return StaleFenceError(str(error))
        except SecretUnavailableError as error:
            reason = f"A secret is missing: {error}."
            await self._completer.fail_attempt(agent_id, grant, reason)
            return StaleFenceError(str(error))

    async def _build_spec(self, fields: Mapping[str, str], grant: GrantRef) -> AttemptSpec:
        definition = await self._configuration.get_definition(fields["job"], int(fields["version"]))
        params = json.loads(fields["params"])
        name = fields["client"]
        # One that is gone since has neither labels nor parameters.
        client = self._configuration.catalog.clients.get(name) or Client(name=name)
        values = template_values(
            params=params,
            client=client,
            run={
                "id": fields["id"],
                "job": fields["job"],
                "version": int(fields["version"]),
                "attempt": grant.attempt,
                **_slot_values(fields),
            },
        )
        return AttemptSpec(
            run_id=fields["id"],
            attempt=grant.attempt,
            fence=grant.fence,
            job=fields["job"],
            version=int(fields["version"]),
            client=fields["client"],
            image=definition.image,
            command=[fill_in(word, values) for word in definition.command],
            environment={
                name: fill_in(text, values) for name, text in definition.environment.items()
            }
            | {f"MLMON_{name.upper()}": text for name, text in _slot_values(fields).items()},
            params=params,
            resources=read_json(Resources, fields["resources"]),
            container=definition.container,
            timeouts=definition.timeouts,
            retries=definition.retries,
            inputs=[
                *await self._inputs.find(fields, definition, values),
                *await self._inputs.find_checkpoints(fields, definition),
            ],
            outputs=self._grant_outputs(fields["id"], grant.attempt, definition),
            secrets=dict(self._secrets.give(definition, name)),
            token=self._token_of(AttemptIdentity(fields["id"], grant.attempt, grant.fence, name)),
        )

    def _grant_outputs(
        self, run_id: str, attempt: int, definition: JobDefinition
    ) -> list[OutputFile]:
        seconds = definition.timeouts.run + _TRANSFER_MARGIN_SECONDS
        return [
            OutputFile(
                output=output,
                upload=self._artifacts.upload_grant(
                    f"{run_id}.{attempt}", output.path, seconds=seconds
                ),
            )
            for output in definition.outputs
        ]


def _slot_values(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the moment of its schedule that a run stands for, and that day in its zone."""
    if not fields.get("slot"):
        return {}
    slot = from_milliseconds(fields["slot"]).isoformat(timespec="seconds")
    return {"slot": slot.replace("+00:00", "Z"), "slot_date": fields["slot_date"]}
