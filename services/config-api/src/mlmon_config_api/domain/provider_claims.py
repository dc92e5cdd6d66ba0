"""What an OpenID provider says of somebody, and which user that makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mlmon_shared.wire.users import RESERVED_NAMES, USER_NAME_PATTERN, Identity, Role, User

_UNFIT: Final = re.compile(r"[^a-z0-9._@+-]+")
_NAME_LIMIT: Final = 100
_DISPLAY_LIMIT: Final = 200
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@dataclass(frozen=True)
class ProviderRules:
    """Who may sign in with the provider, and as what.

    Attributes:
        roles_claim: The claim that names groups; dots lead into objects.
        roles: Which group gives which role; without any, only users who have been linked to an
            identity sign in, with the roles that they have.
        email_domains: Only verified addresses of these; any when empty.
    """

    roles_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    email_domains: frozenset[str] = frozenset()


def roles_of(claims: Mapping[str, Any], rules: ProviderRules) -> list[Role]:
    """Return the roles that the groups of somebody give, in the order of their power."""
    found: Any = claims
    for part in rules.roles_claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    groups: Sequence[Any] = [found] if isinstance(found, str) else found or []
    if not isinstance(groups, list):
        return []
    given = {
        rules.roles[group] for group in groups if isinstance(group, str) and group in rules.roles
    }
    return [role for role in Role if role in given]


def find_refusal(claims: Mapping[str, Any], rules: ProviderRules) -> str | None:
    """Say why somebody's e-mail address keeps them out; None when it does not."""
    if not rules.email_domains:
        return None
    email = claims.get("email")
    domain = email.rpartition("@")[2].lower() if isinstance(email, str) else ""
    if domain not in rules.email_domains:
        return "your e-mail address is of none of the domains that may sign in"
    if claims.get("email_verified") is not True:
        return "your e-mail address is not verified; have your provider verify it"
    return None


def user_of(claims: Mapping[str, Any], identity: Identity, roles: list[Role]) -> User | None:
    """Return the user that somebody becomes; None when no name can be made of the claims."""
    wished = claims.get("preferred_username") or claims.get("email") or identity.subject
    name = _UNFIT.sub("-", str(wished).lower())[:_NAME_LIMIT].strip("._@+-")
    if re.fullmatch(USER_NAME_PATTERN, name) is None or name in RESERVED_NAMES:
        return None
    email = claims.get("email")
    is_fit = isinstance(email, str) and _EMAIL.fullmatch(email)
    return User(
        name=name,
        display_name=str(claims.get("name") or "")[:_DISPLAY_LIMIT],
        email=email if is_fit and email is not None else "",
        roles=roles,
        identity=identity,
    )
