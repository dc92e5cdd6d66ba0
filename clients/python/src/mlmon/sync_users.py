"""The part of `Client` for those who sign in."""

from collections.abc import Mapping
from typing import Any

from mlmon.listings import Listing
from mlmon.sync_bindings import SyncBindings
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.users import InvitationDocument, User, UserDocument


class SyncUsers(SyncBindings):
    """What administrators change about users; `mlmon.users` tells more."""

    def put_user(
        self, user: User | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create a user, or change all but the password."""
        return self._call(self._inner.put_user, user, if_match=if_match)

    def get_user(self, name: str) -> UserDocument:
        """Return a user."""
        return self._call(self._inner.get_user, name)

    def users(self) -> Listing[UserDocument]:
        """Return all users, by name."""
        return self._call(self._inner.users)

    def delete_user(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a user, who is signed out at once."""
        self._call(self._inner.delete_user, name, if_match=if_match)

    def set_user_password(self, name: str, password: str) -> None:
        """Give a user a password, who is signed out of everything."""
        self._call(self._inner.set_user_password, name, password)

    def invite_user(self, name: str) -> InvitationDocument:
        """Return a link with which the user sets a password, once."""
        return self._call(self._inner.invite_user, name)
