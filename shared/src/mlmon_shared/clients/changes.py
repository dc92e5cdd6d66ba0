"""Change a client or a pool as it is stored, so that nobody else's change is lost."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import InvalidRequestError, NotFoundError, PreconditionFailedError
from mlmon_shared.wire.catalog import ApplyResult, Client, ClientDocument, Pool, PoolDocument
from mlmon_shared.wire.validation import validate

Change = Callable[[dict[str, Any] | None], dict[str, Any]]
"""Gets what is stored, as people write it, None for what is new; returns what to store. It is
called again with what is there then when somebody else changes that meanwhile."""

_TRIES: Final = 5


class ChangeCalls:
    """The part of config-api's client that reads, changes and saves."""

    _transport: Transport

    async def change_client(
        self, name: str, change: Change, *, if_match: str | None = None
    ) -> ApplyResult:
        """Save what `change` makes of a client, or of None.

        Raises:
            InvalidRequestError: What it makes is no client.
            PreconditionFailedError: Others change it all the time; or `if_match` is given, and
                it has another entity tag.
        """
        path = f"/v1/clients/{quote(name, safe='')}"
        return await self._change(Client, ClientDocument, path, change, if_match)

    async def change_pool(
        self, name: str, change: Change, *, if_match: str | None = None
    ) -> ApplyResult:
        """Save what `change` makes of a pool, or of None.

        Raises:
            InvalidRequestError: What it makes is no pool.
            PreconditionFailedError: Others change it all the time; or `if_match` is given, and
                it has another entity tag.
        """
        path = f"/v1/pools/{quote(name, safe='')}"
        return await self._change(Pool, PoolDocument, path, change, if_match)

    async def _change(
        self,
        written: type[BaseModel],
        stored: type[BaseModel],
        path: str,
        change: Change,
        if_match: str | None,
    ) -> ApplyResult:
        asked = condition(if_match)
        for attempt in range(1, _TRIES + 1):
            current, read = await self._read(written, stored, path)
            headers = asked or read
            wanted = validate(written, change(current))
            try:
                return await self._transport.call(
                    ApplyResult, "PUT", path, json=wanted, headers=headers
                )
            except PreconditionFailedError:
                if asked or attempt == _TRIES:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _read(
        self, written: type[BaseModel], stored: type[BaseModel], path: str
    ) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """Return what is there, and the headers that save only over that."""
        try:
            response = await self._transport.send("GET", path)
        except NotFoundError:
            return None, {"If-None-Match": "*"}
        try:
            found = stored.model_validate_json(response.content)
        except ValidationError as error:
            place = "/".join(map(str, error.errors()[0]["loc"]))
            raise InvalidRequestError(
                f"{path} has /{place}, which this version does not know; upgrade it, as it would "
                "be lost"
            ) from error
        document = found.model_dump(
            mode="json", by_alias=True, include=set(written.model_fields), exclude_unset=True
        )
        return document, {"If-Match": response.headers["ETag"]}
