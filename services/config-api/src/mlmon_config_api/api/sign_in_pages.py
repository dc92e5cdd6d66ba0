"""`/sign-in`, `/sign-out` and `/invitation`: pages for people, which need no script."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from mlmon_config_api.api.cookies import caller_of, csrf_token_of
from mlmon_config_api.api.deps import ClockDep, StoreDep
from mlmon_config_api.api.html import HEADERS, UI_FOLDER, read_form, render
from mlmon_config_api.api.sessions import CookiesDep, SignInDep
from mlmon_config_api.application.sign_in import OpenSession
from mlmon_config_api.domain.return_paths import START, safe_return_path
from mlmon_shared.errors import InvalidRequestError, MlmonError, NotFoundError

router = APIRouter(include_in_schema=False)

_STYLES: Final = UI_FOLDER / "static" / "sign-in.css"
_TITLE: Final = "Sign in"
_SET_PASSWORD: Final = "Set your password"  # noqa: S105 - a title, no secret
_NAME_LIMIT: Final = 200
_KEY_LIMIT: Final = 100
ReturnQuery = Annotated[str, Query(max_length=2000)]


def sign_in_page(
    request: Request,
    *,
    status: int = 200,
    error: str = "",
    name: str = "",
    return_to: str = START,
    session: OpenSession | None = None,
) -> Response:
    """Return the page for signing in, or for signing out when somebody is signed in."""
    return render(
        "sign-in.html",
        status=status,
        title=_TITLE if session is None else "Signed in",
        error=error,
        name=name,
        return_to=safe_return_path(return_to),
        user=session.record.user if session is not None else "",
        csrf_token=csrf_token_of(session.secret) if session is not None else "",
        has_oidc=request.app.state.oidc is not None,
        oidc_name=request.app.state.oidc_name,
    )


@router.get("/ui/static/sign-in.css")
async def get_sign_in_styles() -> Response:
    """Return the style sheet of these pages."""
    return FileResponse(_STYLES, media_type="text/css", headers={"Cache-Control": "max-age=300"})


@router.get("/sign-in")
async def show_sign_in(
    *,
    request: Request,
    cookies: CookiesDep,
    sign_in: SignInDep,
    clock: ClockDep,
    return_to: ReturnQuery = START,
) -> Response:
    """Show the form, or who is signed in."""
    secret = cookies.read_session(request)
    session = await sign_in.find(secret, now=clock.now()) if secret is not None else None
    return sign_in_page(request, return_to=return_to, session=session)


@router.post("/sign-in")
async def submit_sign_in(
    *, request: Request, cookies: CookiesDep, sign_in: SignInDep, clock: ClockDep
) -> Response:
    """Sign in with the form, and go on to where one wanted to."""
    cookies.check_origin(request)
    form = await read_form(request)
    name = form.get("name", "").strip().lower()[:_NAME_LIMIT]
    return_to = safe_return_path(form.get("return_to"))
    try:
        session = await sign_in.with_password(
            name, form.get("password", ""), caller=caller_of(request), now=clock.now()
        )
    except MlmonError as error:
        response = sign_in_page(
            request, status=error.status, error=error.detail, name=name, return_to=return_to
        )
        if (seconds := error.extras.get("retry_after_seconds")) is not None:
            response.headers["Retry-After"] = str(seconds)
        return response
    response = _go_to(return_to)
    cookies.set_session(request, response, session)
    return response


@router.post("/sign-out")
async def submit_sign_out(
    *, request: Request, cookies: CookiesDep, sign_in: SignInDep, clock: ClockDep
) -> Response:
    """Sign out."""
    secret = cookies.read_session(request)
    session = await sign_in.find(secret, now=clock.now()) if secret is not None else None
    if session is not None:
        form = await read_form(request)
        cookies.check_forgery(request, session.secret, form.get("csrf_token", ""))
        await sign_in.end(session.record.user, session.record.id)
    response = _go_to("/sign-in")
    cookies.clear_session(request, response)
    return response


@router.get("/invitation")
async def show_invitation(
    sign_in: SignInDep, clock: ClockDep, key: Annotated[str, Query(max_length=_KEY_LIMIT)] = ""
) -> Response:
    """Show the form in which an invited user sets a password."""
    try:
        user = await sign_in.find_invited(key, now=clock.now())
    except NotFoundError as error:
        return _invitation_page(status=error.status, error=error.detail)
    return _invitation_page(user=user, key=key)


@router.post("/invitation")
async def submit_invitation(
    *,
    request: Request,
    cookies: CookiesDep,
    sign_in: SignInDep,
    store: StoreDep,
    clock: ClockDep,
) -> Response:
    """Set the password of an invited user, who is signed in then."""
    cookies.check_origin(request)
    form = await read_form(request)
    key = form.get("key", "")[:_KEY_LIMIT]
    password = form.get("password", "")
    user = ""
    try:
        user = await sign_in.find_invited(key, now=clock.now())
        if password != form.get("again"):
            raise InvalidRequestError("the two passwords differ")  # noqa: TRY301 - shown below
        session = await sign_in.with_invitation(
            store, key, password, caller=caller_of(request), now=clock.now()
        )
    except InvalidRequestError as error:
        return _invitation_page(status=error.status, error=error.detail, user=user, key=key)
    except NotFoundError as error:
        return _invitation_page(status=error.status, error=error.detail)
    response = _go_to(START)
    cookies.set_session(request, response, session)
    return response


def _invitation_page(
    *, status: int = 200, error: str = "", user: str = "", key: str = ""
) -> Response:
    return render(
        "invitation.html", status=status, title=_SET_PASSWORD, error=error, user=user, key=key
    )


def _go_to(path: str) -> Response:
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)
