"""Whether a run may have the secrets that its definition names."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.secrets import SealedSecret, is_meant_for


@dataclass(frozen=True)
class Refusal:
    """Why a run may not have a secret.

    Attributes:
        field: What of a submission is to blame: `job` or `client`.
        detail: Which secret and why.
    """

    field: str
    detail: str


def explain_secret_refusal(
    definition: JobDefinition, client: str, secrets: Mapping[str, SealedSecret]
) -> Refusal | None:
    """Return why a run of the job for the client may not have a secret; None if it may all."""
    job = definition.name
    for name in definition.secrets.values():
        secret = secrets.get(name)
        if secret is None:
            detail = f'{job} needs the secret "{name}", which does not exist: mlmon secrets set'
            return Refusal("job", f"{detail} {name}")
        if not is_meant_for(client, secret.clients):
            # Who submits for this client, or sees its runs, is not to learn others' names.
            return Refusal(
                "client",
                f'{job} needs a secret that is not for the client "{client}"; '
                f"operators see which: mlmon jobs get {job}",
            )
        if not is_meant_for(job, secret.jobs):
            return Refusal("job", f'{job} needs the secret "{name}", which is not for this job')
    return None
