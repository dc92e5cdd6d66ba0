"""`/auth/oidc/…`: to the OpenID provider and back."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from mlmon_config_api.api.cookies import caller_of
from mlmon_config_api.api.deps import ClockDep
from mlmon_config_api.api.html import HEADERS
from mlmon_config_api.api.sessions import CookiesDep
from mlmon_config_api.api.sign_in_pages import ReturnQuery, sign_in_page
from mlmon_config_api.application.provider_sign_in import PATIENCE, ProviderSignIn
from mlmon_config_api.domain.return_paths import START, safe_return_path
from mlmon_shared.errors import MlmonError, NotFoundError, UnauthenticatedError

router = APIRouter(prefix="/auth/oidc", include_in_schema=False)

_COOKIE: Final = "oidc"
_Given = Annotated[str, Query(max_length=4000)]


def _provider(request: Request) -> ProviderSignIn:
    found: ProviderSignIn | None = request.app.state.oidc
    if found is None:
        raise NotFoundError("signing in with a provider is not set up; sign in with a password")
    return found


@router.get("/start")
async def start_oidc(
    *, request: Request, cookies: CookiesDep, clock: ClockDep, return_to: ReturnQuery = START
) -> Response:
    """Go to the provider."""
    path = safe_return_path(return_to)
    try:
        departure = await _provider(request).leave(return_to=path, now=clock.now())
    except MlmonError as error:
        return sign_in_page(request, status=error.status, error=error.detail, return_to=path)
    response = _go_to(departure.url)
    seconds = int(PATIENCE.total_seconds())
    cookies.set(request, response, _COOKIE, departure.state, seconds)
    return response


@router.get("/callback")
async def finish_oidc(
    *,
    request: Request,
    cookies: CookiesDep,
    clock: ClockDep,
    code: _Given = "",
    state: _Given = "",
    error: _Given = "",
) -> Response:
    """Come back from the provider, and go on to where one wanted to."""
    try:
        provider = _provider(request)
        if error or not code:
            raise UnauthenticatedError("the provider did not sign you in; try again")
        session, path = await provider.come_back(
            code,
            state=state,
            kept_state=cookies.read(request, _COOKIE),
            caller=caller_of(request),
            now=clock.now(),
        )
    except MlmonError as refused:
        response = sign_in_page(request, status=refused.status, error=refused.detail)
    else:
        response = _go_to(safe_return_path(path))
        cookies.set_session(request, response, session)
    cookies.clear(request, response, _COOKIE)
    return response


def _go_to(url: str) -> Response:
    return RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)
