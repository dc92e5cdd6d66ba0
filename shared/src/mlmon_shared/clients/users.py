"""The part of config-api's client that is about users."""

from urllib.parse import quote

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.users import InvitationDocument, User, UserDocument, UserPage


class UserCalls:
    """Typed calls about those who sign in."""

    _transport: Transport

    async def put_user(self, user: User, *, if_match: str | None = None) -> ApplyResult:
        """Create or change a user; the password stays."""
        written = user.as_written() if isinstance(user, UserDocument) else user
        return await self._transport.call(
            ApplyResult, "PUT", _path(user.name), json=written, headers=condition(if_match)
        )

    async def get_user(self, name: str) -> UserDocument:
        """Return a user."""
        return await self._transport.call(UserDocument, "GET", _path(name))

    async def list_users(self, *, cursor: str | None = None, limit: int = 50) -> UserPage:
        """Return a page of users, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(UserPage, "GET", "/v1/users", params=params)

    async def delete_user(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a user, who is signed out at once."""
        await self._transport.send("DELETE", _path(name), headers=condition(if_match))

    async def set_user_password(self, name: str, password: str) -> None:
        """Give a user a password, who is signed out of everything."""
        # Not as its model, which would hide the password from the server as well.
        await self._transport.send("PUT", f"{_path(name)}/password", json={"password": password})

    async def invite_user(self, name: str) -> InvitationDocument:
        """Return a link with which the user sets a password, once."""
        return await self._transport.call(InvitationDocument, "POST", f"{_path(name)}/invitation")


def _path(name: str) -> str:
    return f"/v1/users/{quote(name, safe='')}"
