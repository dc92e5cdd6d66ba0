"""What administrators change about users."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

from mlmon.listings import Listing
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.catalog import ApplyResult, ImportResult
from mlmon_shared.wire.catalog_changes import CatalogResult
from mlmon_shared.wire.users import InvitationDocument, User, UserDocument
from mlmon_shared.wire.validation import validate

ResultT = TypeVar("ResultT", ApplyResult, ImportResult, CatalogResult)
_PAGE_SIZE = 200


class Users:
    """The part of `AsyncClient` for those who sign in.

    Attributes:
        config_api: The typed client of config-api.
    """

    config_api: ConfigApiClient

    async def put_user(
        self, user: User | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create a user, or change all but the password."""
        return self._noted(await self.config_api.put_user(validate(User, user), if_match=if_match))

    async def get_user(self, name: str) -> UserDocument:
        """Return a user."""
        return await self.config_api.get_user(name)

    async def users(self) -> Listing[UserDocument]:
        """Return all users, by name."""
        found: Listing[UserDocument] = Listing()
        cursor: str | None = None
        while True:
            page = await self.config_api.list_users(cursor=cursor, limit=_PAGE_SIZE)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def delete_user(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a user, who is signed out at once."""
        await self.config_api.delete_user(name, if_match=if_match)

    async def set_user_password(self, name: str, password: str) -> None:
        """Give a user a password, who is signed out of everything."""
        await self.config_api.set_user_password(name, password)

    async def invite_user(self, name: str) -> InvitationDocument:
        """Return a link with which the user sets a password, once."""
        return await self.config_api.invite_user(name)

    @abstractmethod
    def _noted(self, result: ResultT) -> ResultT:
        """Return the result; submissions to come count on what it changed."""
