"""A copy of the catalog as a transaction that can only read."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, cast

from mlmon_config_api.adapters.memory.definitions import CopiedDefinitions
from mlmon_config_api.adapters.memory.entries import CopiedEntries, cut, refuse
from mlmon_config_api.adapters.memory.users import CopiedUsers
from mlmon_config_api.adapters.memory.webhooks import CopiedWebhooks
from mlmon_config_api.application.access_ports import Invitations, PassKeys, Sessions
from mlmon_config_api.application.catalog_copies import CatalogCopy
from mlmon_config_api.application.ports import Audit, PageRequest
from mlmon_config_api.domain.changes import Change
from mlmon_config_api.domain.secrets import StoredSecret
from mlmon_shared.wire.catalog import OtherDefinition, TokenRecord
from mlmon_shared.wire.rollouts import CanaryRecord, PinDocument


class CopiedCatalog:
    """Implements `Catalog`; what it does not hold or would change is refused with 503."""

    def __init__(self, copy: CatalogCopy) -> None:
        self._copy = copy
        self.definitions = CopiedDefinitions(copy)
        self.clients = CopiedEntries(copy.clients)
        self.pools = CopiedEntries(copy.pools)
        self.resources = CopiedEntries(copy.resources)
        self.paused_clients = CopiedPauses(copy.paused_clients)
        self.paused_schedules = CopiedPauses(copy.paused_schedules)
        self.rollouts = CopiedRollouts(copy)
        self.tokens = CopiedTokens(copy.tokens)
        self.secrets = CopiedSecrets(copy.secrets)
        self.webhooks = CopiedWebhooks(copy)
        self.users = CopiedUsers(copy.users)
        self.sessions = cast("Sessions", NotCopied())
        self.invitations = cast("Invitations", NotCopied())
        self.pass_keys = cast("PassKeys", NotCopied())
        self.audit = cast("Audit", NotCopied())

    async def get_revision(self) -> int:
        """Return the config revision of the copy."""
        return self._copy.revision

    async def advance(self) -> int:
        """Refuse to."""
        refuse()

    async def record(self, changes: Sequence[Change]) -> int:  # noqa: ARG002 - the port's signature
        """Refuse to."""
        refuse()


class CopiedPauses:
    """Implements `Pauses`, for reading.

    Args:
        reasons: By name.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self._reasons = reasons

    async def find(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these that are paused."""
        return {name: self._reasons[name] for name in names if name in self._reasons}

    async def list_all(self) -> Sequence[str]:
        """Return all that are paused, by name."""
        return sorted(self._reasons)

    async def pause(self, name: str, *, reason: str, now: datetime, by: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def resume(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()


class CopiedRollouts:
    """Implements `Rollouts`, for reading."""

    def __init__(self, copy: CatalogCopy) -> None:
        self._copy = copy

    async def find_pin(self, job: str, client: str) -> PinDocument | None:
        """Return the pin of a client."""
        return self._copy.pins.get((job, client))

    async def list_pins(self, job: str, page: PageRequest) -> Sequence[PinDocument]:
        """Return some pins of a job, by client."""
        pins = [pin for pin in self._copy.pins.values() if pin.name == job]
        return cut(pins, page, lambda pin: pin.client)

    async def list_pinned(self, job: str) -> Sequence[str]:
        """Return the clients that are pinned to some version of a job."""
        return sorted(pin.client for pin in self._copy.pins.values() if pin.name == job)

    async def list_all_pins(self) -> Sequence[tuple[str, int, Sequence[str]]]:
        """Return the pinned clients of each job and version, sorted."""
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        for pin in self._copy.pins.values():
            found[pin.name, pin.version].append(pin.client)
        return [(name, version, sorted(found[name, version])) for name, version in sorted(found)]

    async def save_pin(self, pin: PinDocument) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def delete_pin(self, job: str, client: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def find_canary(self, job: str) -> CanaryRecord | None:
        """Return the canary of a job."""
        return self._copy.canaries.get(job)

    async def list_all_canaries(self) -> Sequence[CanaryRecord]:
        """Return all canaries, by job."""
        return [canary for _, canary in sorted(self._copy.canaries.items())]

    async def save_canary(self, canary: CanaryRecord) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def delete_canary(self, job: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def list_definitions(self) -> Sequence[OtherDefinition]:
        """Return the versions that pins and canaries of jobs that are not archived name."""
        return self._copy.others


class CopiedTokens:
    """Implements `Tokens`, for reading.

    Args:
        records: Of those that were not revoked.
    """

    def __init__(self, records: Sequence[TokenRecord]) -> None:
        self._records = records

    async def find(self, token_id: str) -> TokenRecord | None:
        """Return the one with this id."""
        return next((each for each in self._records if each.id == token_id), None)

    async def find_by_name(self, name: str) -> TokenRecord | None:
        """Return the one of this name."""
        return next((each for each in self._records if each.name == name), None)

    async def find_by_sha256(self, sha256: str) -> TokenRecord | None:
        """Return the one whose secret has this hash."""
        return next((each for each in self._records if each.sha256 == sha256), None)

    async def list_page(self, page: PageRequest) -> Sequence[TokenRecord]:
        """Return some, by name."""
        return cut(self._records, page, lambda each: each.name)

    async def list_all(self) -> Sequence[TokenRecord]:
        """Return all, by name."""
        return sorted(self._records, key=lambda each: each.name)

    async def add(self, record: TokenRecord) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def revoke(self, token_id: str, *, now: datetime) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def was_revoked(self, token_id: str) -> bool:  # noqa: ARG002
        """Refuse to: the copy has no revoked ones."""
        refuse()


class CopiedSecrets:
    """Implements `Secrets`, for reading."""

    def __init__(self, secrets: Sequence[StoredSecret]) -> None:
        self._secrets = secrets

    async def find(self, name: str) -> StoredSecret | None:
        """Return the one of this name."""
        return next((each for each in self._secrets if each.name == name), None)

    async def list_page(self, page: PageRequest) -> Sequence[StoredSecret]:
        """Return some, by name."""
        return cut(self._secrets, page, lambda each: each.name)

    async def list_all(self) -> Sequence[StoredSecret]:
        """Return all, by name."""
        return sorted(self._secrets, key=lambda each: each.name)

    async def save(self, secret: StoredSecret) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def delete(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()


class NotCopied:
    """Refuses whatever it is asked: the copy has nothing of it."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return a method that refuses."""

        async def refuse_call(*_: object, **__: object) -> NoReturn:
            refuse()

        return refuse_call
