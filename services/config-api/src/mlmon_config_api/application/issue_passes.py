"""Issue passes, with which config-api asks other services on behalf of who is signed in."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from mlmon_config_api.application.ports import CatalogStore
from mlmon_shared.ids import NewId
from mlmon_shared.principals import Principal
from mlmon_shared.wire.passes import PassKey

KEY_LIFETIME: Final = timedelta(days=1)
_RENEWED_BEFORE: Final = timedelta(minutes=10)


class PassSigner(Protocol):
    """Makes passes with a key of its own."""

    public: PassKey

    def sign(self, principal: Principal, *, now: datetime) -> str:
        """Return a pass that says who asks and what they may do, for a minute."""
        ...


class PassIssuer:
    """Issues passes; its key never leaves the process, and a day later there is another one.

    Args:
        store: Where others find the keys to check passes with.
        new_signer: Makes a signer of an id and the time when its key ends.
        new_id: Names keys.
    """

    def __init__(
        self, store: CatalogStore, new_signer: Callable[[str, datetime], PassSigner], new_id: NewId
    ) -> None:
        self._store = store
        self._new_signer = new_signer
        self._new_id = new_id
        self._signer: PassSigner | None = None
        self._renewing = asyncio.Lock()

    async def issue(self, principal: Principal, *, now: datetime) -> str:
        """Return a pass for a principal of `SessionAuthenticator`, to be used at once.

        It goes on for a minute after the session has ended.

        Raises:
            StoreUnavailableError: A new key is due and cannot be stored.
        """
        async with self._renewing:
            signer = self._signer
            if signer is None or signer.public.expires_at - _RENEWED_BEFORE <= now:
                signer = self._new_signer(self._new_id(), now + KEY_LIFETIME)
                async with self._store.write() as catalog:
                    await catalog.pass_keys.add(signer.public, now=now)
                    await catalog.advance()
                self._signer = signer
        return signer.sign(principal, now=now)
