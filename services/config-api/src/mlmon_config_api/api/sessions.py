"""`/v1/sessions`: sign in with a password, see where one is signed in, and sign out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.security import APIKeyCookie

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.cookies import Cookies, caller_of, csrf_token_of
from mlmon_config_api.api.deps import READ_PROBLEMS, WRITE_PROBLEMS, ClockDep
from mlmon_config_api.application.access_ports import PasswordHasher
from mlmon_config_api.application.sign_in import OpenSession, SignIn
from mlmon_config_api.domain.users import SessionRecord
from mlmon_shared.errors import (
    ForbiddenError,
    NotFoundError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from mlmon_shared.http.auth import imply
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.users import (
    CurrentSessionDocument,
    SessionDocument,
    SessionPage,
    SignInRequest,
    scopes_of_roles,
)
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])
_cookie = APIKeyCookie(
    name="__Host-mlmon_session",
    auto_error=False,
    description="A session of `POST /v1/sessions`; on loopback the cookie is `mlmon_session`.",
)


def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies


def _sign_in(request: Request) -> SignIn:
    sign_in: SignIn = request.app.state.sign_in
    return sign_in


def _hasher(request: Request) -> PasswordHasher:
    hasher: PasswordHasher = request.app.state.password_hasher
    return hasher


CookiesDep = Annotated[Cookies, Depends(_cookies)]
SignInDep = Annotated[SignIn, Depends(_sign_in)]
HasherDep = Annotated[PasswordHasher, Depends(_hasher)]


async def current_session(
    *,
    request: Request,
    cookies: CookiesDep,
    sign_in: SignInDep,
    clock: ClockDep,
    _: Annotated[str | None, Depends(_cookie)],
) -> OpenSession:
    """Return the session of a request.

    Raises:
        UnauthenticatedError: There is none; a token is not enough.
        ForbiddenError: The request changes something and was not made by a page of ours.
    """
    secret = cookies.read_session(request)
    session = await sign_in.find(secret, now=clock.now()) if secret is not None else None
    if session is None:
        raise UnauthenticatedError("sign in first: POST /v1/sessions")
    cookies.check_forgery(request, session.secret)
    return session


SessionDep = Annotated[OpenSession, Depends(current_session)]


@router.post(
    "",
    status_code=201,
    responses=problem_responses(*WRITE_PROBLEMS, TooManyRequestsError),
    openapi_extra=request_body(SignInRequest, is_component=False),
)
async def create_session(
    *,
    request: Request,
    data: BodyDep,
    cookies: CookiesDep,
    sign_in: SignInDep,
    clock: ClockDep,
    response: Response,
) -> CurrentSessionDocument:
    """Sign in with a name and a password; the answer sets the session's cookie."""
    cookies.check_origin(request)
    wanted = validate(SignInRequest, data)
    session = await sign_in.with_password(
        wanted.name,
        wanted.password.get_secret_value(),
        caller=caller_of(request),
        now=clock.now(),
    )
    cookies.set_session(request, response, session)
    return _show_current(session)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_sessions(session: SessionDep, sign_in: SignInDep, clock: ClockDep) -> SessionPage:
    """List where the user is signed in, the newest first."""
    found = await sign_in.list_of(session.record.user, now=clock.now())
    return SessionPage(items=[_show(each, session.record.id) for each in found])


@router.delete("", status_code=204, responses=problem_responses(*READ_PROBLEMS))
async def delete_sessions(
    request: Request,
    session: SessionDep,
    cookies: CookiesDep,
    sign_in: SignInDep,
    response: Response,
) -> None:
    """Sign out everywhere."""
    await sign_in.end_all(session.record.user)
    cookies.clear_session(request, response)


@router.get(
    "/current",
    responses=problem_responses(UnauthenticatedError, StoreUnavailableError),
)
async def get_current_session(session: SessionDep, response: Response) -> CurrentSessionDocument:
    """Return the session of this request, with the token that changes need."""
    response.headers["Cache-Control"] = "no-store"
    return _show_current(session)


@router.delete(
    "/current",
    status_code=204,
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, NotFoundError, StoreUnavailableError
    ),
)
async def delete_current_session(
    request: Request,
    session: SessionDep,
    cookies: CookiesDep,
    sign_in: SignInDep,
    response: Response,
) -> None:
    """Sign out."""
    await sign_in.end(session.record.user, session.record.id)
    cookies.clear_session(request, response)


@router.delete(
    "/{session_id}", status_code=204, responses=problem_responses(*READ_PROBLEMS, NotFoundError)
)
async def delete_session(
    session: SessionDep,
    session_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$")],
    sign_in: SignInDep,
) -> None:
    """Sign out somewhere else."""
    await sign_in.end(session.record.user, session_id)


def _show(record: SessionRecord, current_id: str) -> SessionDocument:
    return SessionDocument(
        id=record.id,
        user=record.user,
        method=record.method,
        created_at=record.created_at,
        seen_at=record.seen_at,
        expires_at=record.expires_at,
        address=record.address,
        user_agent=record.user_agent,
        is_current=record.id == current_id,
    )


def _show_current(session: OpenSession) -> CurrentSessionDocument:
    user = session.user.user
    return CurrentSessionDocument(
        **_show(session.record, session.record.id).model_dump(),
        display_name=user.display_name,
        roles=user.roles,
        scopes=sorted(imply(scopes_of_roles(user.roles))),
        csrf_token=csrf_token_of(session.secret),
    )
