"""What is stored of a secret, and what is said of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from mlmon_config_api.domain.tagged_states import tag_of
from mlmon_shared.jobs.faults import Fault, join_words, pointer_to
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.secrets import ANYBODY, SealedSecret, SecretDocument, is_meant_for
from mlmon_shared.wire.validation import unknown

_SHOWN: Final = 5


@dataclass(frozen=True)
class Envelope:
    """A value encrypted by a key of its own, and that key wrapped by another one; all base64.

    Attributes:
        key_id: Which key wraps the value's.
        wrapped: The value's key.
        nonce: Of the ciphertext.
        ciphertext: AES-256-GCM; the secret's name is authenticated with it.
    """

    key_id: str
    wrapped: str
    nonce: str
    ciphertext: str


@dataclass(frozen=True)
class Sealed:
    """A value that only the scheduler can open.

    Attributes:
        key_id: Fingerprint of the scheduler's public key.
        box: Base64.
    """

    key_id: str
    box: str


@dataclass(frozen=True)
class StoredSecret:
    """A secret as it is stored: nothing of it shows the value.

    Attributes:
        version: Counts its values, from 1.
        source: Where the value comes from; empty for one that was sent.
        problem: Why the source gives none now; empty when it does.
    """

    name: str
    description: str
    clients: list[str] | Literal["any"]
    jobs: list[str] | Literal["any"]
    version: int
    source: str
    problem: str
    envelope: Envelope
    sealed: Sealed
    changed_at: datetime
    changed_by: str

    def as_document(self, used_by: Sequence[str] = ()) -> SecretDocument:
        """Return what is shown of it."""
        document = SecretDocument(
            name=self.name,
            description=self.description,
            clients=self.clients,
            jobs=self.jobs,
            version=self.version,
            source=self.source,
            problem=self.problem,
            wrapped_by=self.envelope.key_id,
            used_by=list(used_by),
            changed_at=self.changed_at,
            changed_by=self.changed_by,
        )
        return document.model_copy(update={"etag": tag_of(state_of(document))})

    def as_audited(self) -> dict[str, Any]:
        """Return what the audit keeps of it."""
        return state_of(self.as_document())

    def as_sealed(self) -> SealedSecret:
        """Return what the snapshot carries."""
        return SealedSecret(
            name=self.name,
            version=self.version,
            clients=self.clients,
            jobs=self.jobs,
            sealed_for=self.sealed.key_id,
            sealed=self.sealed.box,
        )


def state_of(document: SecretDocument) -> dict[str, Any]:
    """Return that part of a document which people change: for the audit and entity tags."""
    return document.model_dump(
        mode="json",
        exclude={"used_by", "problem", "wrapped_by", "changed_at", "changed_by", "etag"},
    )


def find_secret_faults(definition: JobDefinition, secrets: Iterable[SealedSecret]) -> list[Fault]:
    """Return the secrets that do not exist, and those that the job may not use.

    A job's name that could not be read is empty; it may be one that may.
    """
    known = {secret.name: secret for secret in secrets}
    faults = []
    for file, name in definition.secrets.items():
        secret = known.get(name)
        pointer = pointer_to("secrets", file)
        if secret is None:
            faults.append(Fault(pointer, unknown("secret", name, list(known))))
        elif definition.name and not is_meant_for(definition.name, secret.jobs):
            detail = f'the secret "{name}" is for {shown(secret.jobs)}, not for this job'
            faults.append(Fault(pointer, detail))
    return faults


def find_secret_warnings(definition: JobDefinition, secrets: Iterable[SealedSecret]) -> list[Fault]:
    """Return the secrets that not every client's run may use."""
    known = {secret.name: secret for secret in secrets}
    return [
        Fault(
            pointer_to("secrets", file),
            f'the secret "{name}" is for {shown(known[name].clients)}; '
            "runs for other clients are refused",
        )
        for file, name in definition.secrets.items()
        if name in known and known[name].clients != ANYBODY
    ]


def find_users(secret: str, definitions: Iterable[JobDefinition]) -> list[str]:
    """Return the jobs whose definition names the secret, by name."""
    return sorted({each.name for each in definitions if secret in each.secrets.values()})


def shown(audience: list[str] | Literal["any"]) -> str:
    """Return who may use a secret, in words."""
    if audience == ANYBODY:
        return ANYBODY
    names = list(audience)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) + more) if more else join_words(names)
