"""Create, change and remove users, and set their passwords."""

from datetime import datetime, timedelta
from typing import Final

from mlmon_config_api.application.access_ports import PasswordHasher
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.documents import (
    canonical_document,
    diff_documents,
    is_same_document,
)
from mlmon_config_api.domain.passwords import find_password_fault
from mlmon_config_api.domain.tagged_states import tag_of
from mlmon_config_api.domain.users import UserRecord
from mlmon_shared.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
)
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.users import User, UserDocument

INVITED_FOR: Final = timedelta(days=3)


def show_user(record: UserRecord) -> UserDocument:
    """Return what is shown of a user."""
    return UserDocument(
        **record.user.model_dump(),
        has_password=record.password_hash is not None,
        created_at=record.created_at,
        etag=tag_of(canonical_document(record.user)),
    )


def no_user(name: str) -> NotFoundError:
    """Return the error for a user who is not there."""
    return NotFoundError(f'no user is named "{name}"')


async def save_user(
    store: CatalogStore, user: User, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Store the user; one that is the same already is left alone.

    A user who is disabled is signed out of everything.

    Raises:
        ConflictError: A token has this name, or another user this identity.
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        return await put_user(catalog, user, by=by, now=now, wanted=wanted)


async def put_user(
    catalog: Catalog, user: User, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Do what `save_user` does, in a transaction that is open."""
    found = await catalog.users.find(user.name)
    current = found.user if found is not None else None
    is_same = current is not None and is_same_document(current, user)
    if not is_same or wanted.is_new:
        state = canonical_document(current) if current is not None else None
        await check_precondition(catalog, wanted, Kind.USER, user.name, state)
    if is_same:
        return ApplyResult(
            kind=Kind.USER,
            name=user.name,
            change="unchanged",
            config_revision=await catalog.get_revision(),
            etag=tag_of(canonical_document(user)),
        )
    await _check_unique(catalog, user)
    await catalog.users.save(user, now=now, by=by)
    if user.is_disabled:
        await catalog.sessions.delete_of(user.name)
        await catalog.invitations.delete_of(user.name)
    before = canonical_document(current) if current is not None else None
    change = Change(Kind.USER, user.name, before, canonical_document(user), by=by, at=now)
    title = f"user {user.name}"
    return ApplyResult(
        kind=Kind.USER,
        name=user.name,
        change="created" if current is None else "changed",
        diff=diff_documents(
            current,
            user,
            old_title="nothing" if current is None else f"{title} (stored)",
            new_title=title,
        ),
        config_revision=await catalog.record([change]),
        etag=tag_of(canonical_document(user)),
    )


async def delete_user(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> None:
    """Remove a user, who is signed out of everything.

    Raises:
        NotFoundError: There is no such user.
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        found = await catalog.users.find(name)
        if found is None:
            raise no_user(name)
        before = canonical_document(found.user)
        await check_precondition(catalog, wanted, Kind.USER, name, before)
        await catalog.users.delete(name)
        await catalog.record([Change(Kind.USER, name, before, None, by=by, at=now)])


async def set_password(
    store: CatalogStore,
    hasher: PasswordHasher,
    name: str,
    password: str,
    *,
    by: str,
    now: datetime,
) -> None:
    """Give a user a password, who is signed out of everything.

    Raises:
        NotFoundError: There is no such user.
        InvalidRequestError: The password is refused.
        StoreUnavailableError: See `CatalogStore`.
    """
    check_password(password, name=name, at="/password")
    async with store.read() as catalog:
        if await catalog.users.find(name) is None:
            raise no_user(name)
    password_hash = await hasher.hash(password)
    async with store.write() as catalog:
        found = await catalog.users.find(name)
        if found is None:
            raise no_user(name)
        await replace_password(catalog, found, password_hash, by=by, now=now)


async def change_password(
    store: CatalogStore,
    hasher: PasswordHasher,
    known: UserRecord,
    new: str,
    *,
    session_id: str,
    now: datetime,
) -> None:
    """Give users another password of their own, who stay signed in here and nowhere else.

    Args:
        store: Where users are kept.
        hasher: Hashes passwords.
        known: The user, whose old password was checked.
        new: The password from now on.
        session_id: Of the session that goes on.
        now: When.

    Raises:
        ConflictError: Somebody else has changed the password meanwhile.
        StoreUnavailableError: See `CatalogStore`.
    """
    name = known.user.name
    password_hash = await hasher.hash(new)
    async with store.write() as catalog:
        found = await catalog.users.find(name)
        if found is None or found.password_hash != known.password_hash:
            raise ConflictError("the password was changed meanwhile; try again with that one")
        await replace_password(catalog, found, password_hash, by=name, now=now, but=session_id)


async def invite_user(
    store: CatalogStore, name: str, *, sha256: str, by: str, now: datetime
) -> datetime:
    """Let a user set a password by a link, once; links of before are void.

    Args:
        store: Where users are kept.
        name: Of the user.
        sha256: Of the link's secret, in hexadecimal.
        by: Name of who invites.
        now: When.

    Returns:
        Until when it can be used.

    Raises:
        NotFoundError: There is no such user.
        ConflictError: The user is disabled.
        StoreUnavailableError: See `CatalogStore`.
    """
    expires_at = now + INVITED_FOR
    async with store.write() as catalog:
        found = await catalog.users.find(name)
        if found is None:
            raise no_user(name)
        if found.user.is_disabled:
            raise ConflictError(f'the user "{name}" is disabled; enable it first')
        await catalog.invitations.add(sha256, name, expires_at)
        await catalog.record([_note(found.user, "invited", by=by, now=now)])
    return expires_at


async def replace_password(
    catalog: Catalog,
    found: UserRecord,
    password_hash: str,
    *,
    by: str,
    now: datetime,
    but: str | None = None,
) -> None:
    """Store a password's hash, and end all sessions of the user but one."""
    name = found.user.name
    await catalog.users.set_password_hash(name, password_hash, known=found.password_hash)
    await catalog.sessions.delete_of(name, but=but)
    await catalog.invitations.delete_of(name)
    await catalog.record([_note(found.user, "password-set", by=by, now=now)])


def check_password(password: str, *, name: str, at: str) -> None:
    """Check a password that somebody wants to have.

    Args:
        password: As it was typed.
        name: Of its user.
        at: JSON pointer of the field.

    Raises:
        InvalidRequestError: It is too short, or easily guessed.
    """
    fault = find_password_fault(password, name=name)
    if fault is not None:
        raise InvalidRequestError.at(at, fault)


async def _check_unique(catalog: Catalog, user: User) -> None:
    if await catalog.tokens.find_by_name(user.name) is not None:
        # The audit names whoever changed something: users and tokens are told apart by it.
        raise ConflictError(f'a token is named "{user.name}"; choose another name')
    if user.identity is None:
        return
    holder = await catalog.users.find_by_identity(user.identity.issuer, user.identity.subject)
    if holder is not None and holder.user.name != user.name:
        raise ConflictError(f'the user "{holder.user.name}" has this identity')


def _note(user: User, deed: str, *, by: str, now: datetime) -> Change:
    document = canonical_document(user)
    return Change(Kind.USER, user.name, document, document, by=by, at=now, deed=deed)
