"""`/v1/users`: administrators manage users; everybody may change the own password."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.cookies import caller_of
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    WRITE_PROBLEMS,
    AdminDep,
    ClockDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import CursorQuery, LimitQuery, cut_page
from mlmon_config_api.api.sessions import HasherDep, SessionDep, SignInDep
from mlmon_config_api.application import users
from mlmon_config_api.application.save_entries import check_name
from mlmon_config_api.application.users import show_user
from mlmon_shared.cursors import decode_cursor
from mlmon_shared.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from mlmon_shared.http.auth import hash_token
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.users import (
    InvitationDocument,
    PasswordChange,
    PasswordRequest,
    User,
    UserDocument,
    UserName,
    UserPage,
)
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/users", tags=["users"])

UserPath = Annotated[UserName, Path()]
PrefixQuery = Annotated[
    str, Query(max_length=100, pattern=r"^[a-z0-9._@+-]*$", description="Only names that begin so.")
]


@router.post(
    "/current/password",
    status_code=204,
    responses=problem_responses(*WRITE_PROBLEMS, ConflictError, TooManyRequestsError),
    openapi_extra=request_body(PasswordChange, is_component=False),
)
async def change_password(
    *,
    request: Request,
    session: SessionDep,
    data: BodyDep,
    store: StoreDep,
    sign_in: SignInDep,
    hasher: HasherDep,
    clock: ClockDep,
) -> None:
    """Change the own password; all other sessions of the user end."""
    change = validate(PasswordChange, data)
    name, now = session.record.user, clock.now()
    new = change.new_password.get_secret_value()
    users.check_password(new, name=name, at="/new_password")
    try:
        known = await sign_in.check_password(
            name, change.old_password.get_secret_value(), caller=caller_of(request), now=now
        )
    except UnauthenticatedError as error:
        # Who is signed in is known all the same.
        raise InvalidRequestError.at("/old_password", "this is not your password") from error
    await users.change_password(store, hasher, known, new, session_id=session.record.id, now=now)


@router.put(
    "/{name}",
    responses={
        201: {"model": ApplyResult, "description": "The user was created"},
        **problem_responses(*SAVE_PROBLEMS, ConflictError),
    },
    openapi_extra=request_body(User, is_component=False),
)
async def put_user(
    *,
    principal: AdminDep,
    name: UserPath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Create or change a user, without a password; the name in the body is the one in the path."""
    user = validate(User, data)
    check_name(user.name, name)
    result = await users.save_user(store, user, by=principal.name, now=clock.now(), wanted=wanted)
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_user(
    _principal: AdminDep, name: UserPath, store: StoreDep, response: Response
) -> UserDocument:
    """Return a user."""
    async with store.read() as catalog:
        found = await catalog.users.find(name)
    if found is None:
        raise users.no_user(name)
    return tag_answer(response, show_user(found))


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_users(
    _principal: AdminDep,
    store: StoreDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
    name: PrefixQuery = "",
) -> UserPage:
    """List users, by name."""
    after = decode_cursor(cursor) if cursor is not None else None
    async with store.read() as catalog:
        found = await catalog.users.list_page(limit=limit + 1, after=after, prefix=name)
    items, next_cursor = cut_page(found, limit + 1, lambda record: record.user.name)
    return UserPage(items=[show_user(record) for record in items], next_cursor=next_cursor)


@router.delete(
    "/{name}",
    status_code=204,
    responses=problem_responses(*DEED_PROBLEMS, NotFoundError),
)
async def delete_user(
    principal: AdminDep, name: UserPath, store: StoreDep, clock: ClockDep, wanted: PreconditionDep
) -> None:
    """Remove a user, who is signed out at once."""
    await users.delete_user(store, name, by=principal.name, now=clock.now(), wanted=wanted)


@router.put(
    "/{name}/password",
    status_code=204,
    responses=problem_responses(*WRITE_PROBLEMS, NotFoundError),
    openapi_extra=request_body(PasswordRequest, is_component=False),
)
async def set_password(
    *,
    principal: AdminDep,
    name: UserPath,
    data: BodyDep,
    store: StoreDep,
    hasher: HasherDep,
    clock: ClockDep,
) -> None:
    """Give a user a password; all sessions of the user end."""
    request = validate(PasswordRequest, data)
    await users.set_password(
        store,
        hasher,
        name,
        request.password.get_secret_value(),
        by=principal.name,
        now=clock.now(),
    )


@router.post(
    "/{name}/invitation",
    status_code=201,
    responses=problem_responses(*READ_PROBLEMS, NotFoundError, ConflictError),
)
async def invite_user(
    principal: AdminDep, name: UserPath, store: StoreDep, clock: ClockDep, response: Response
) -> InvitationDocument:
    """Return a link with which the user sets a password, once; links of before are void."""
    secret = secrets.token_urlsafe(32)
    expires_at = await users.invite_user(
        store, name, sha256=hash_token(secret), by=principal.name, now=clock.now()
    )
    response.headers["Cache-Control"] = "no-store"
    return InvitationDocument(user=name, path=f"/invitation?key={secret}", expires_at=expires_at)
