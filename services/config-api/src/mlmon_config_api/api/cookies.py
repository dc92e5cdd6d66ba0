"""The cookie of a session, the token against forged requests, and where requests come from."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from mlmon_config_api.application.sign_in import Caller, OpenSession
from mlmon_shared.errors import ForbiddenError

CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET_LIMIT: Final = 100


def csrf_token_of(secret: str) -> str:
    """Return the token of a session, which only who has the session's secret can make."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def caller_of(request: Request) -> Caller:
    """Return whence a request comes."""
    address = request.client.host if request.client is not None else "unknown"
    return Caller(address, request.headers.get("User-Agent", ""))


@dataclass(frozen=True)
class Cookies:
    """Sets and reads cookies.

    Attributes:
        public_origin: `scheme://host[:port]` as browsers see us; None to take each request's.
        allow_http: Set cookies over plain HTTP too, and not only on loopback.
    """

    public_origin: str | None = None
    allow_http: bool = False

    def set_session(self, request: Request, response: Response, session: OpenSession) -> None:
        """Give the browser its session."""
        self.set(request, response, "session", session.secret)
        response.headers["Cache-Control"] = "no-store"

    def read_session(self, request: Request) -> str | None:
        """Return the secret that the browser brings."""
        return self.read(request, "session")

    def clear_session(self, request: Request, response: Response) -> None:
        """Take the session from the browser."""
        self.clear(request, response, "session")

    def set(
        self,
        request: Request,
        response: Response,
        name: str,
        value: str,
        seconds: int | None = None,
    ) -> None:
        """Set a cookie that scripts cannot read and other sites' requests do not carry.

        Args:
            request: What is answered.
            response: The answer.
            name: Of the cookie, without its prefix.
            value: Of the cookie.
            seconds: How long it is kept; until the browser is closed when left out.
        """
        is_secure = self._is_secure(request)
        response.set_cookie(
            _name(name, is_secure=is_secure),
            value,
            max_age=seconds,
            path="/",
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )

    def read(self, request: Request, name: str) -> str | None:
        """Return the value of a cookie of ours; None when there is none."""
        value = request.cookies.get(_name(name, is_secure=self._is_secure(request)))
        return value if value and len(value) <= _SECRET_LIMIT and value.isascii() else None

    def clear(self, request: Request, response: Response, name: str) -> None:
        """Take a cookie from the browser."""
        is_secure = self._is_secure(request)
        response.delete_cookie(
            _name(name, is_secure=is_secure),
            path="/",
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )

    def check_forgery(
        self, request: Request, secret: str, given: str | None = None, *, always: bool = False
    ) -> None:
        """Check that a request which changes something was made by a page of ours.

        Args:
            request: The request.
            secret: Of its session.
            given: The session's token, from a form; else the header has it.
            always: Check whatever the method.

        Raises:
            ForbiddenError: It comes from elsewhere, or lacks the token.
        """
        if request.method in _SAFE_METHODS and not always:
            return
        self.check_origin(request)
        token = given if given is not None else request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(token.encode(), csrf_token_of(secret).encode()):
            raise ForbiddenError(
                f"send the session's token as {CSRF_HEADER}; GET /v1/sessions/current tells it"
            )

    def check_origin(self, request: Request) -> None:
        """Check that no page of another site made this request; browsers say which did.

        Raises:
            ForbiddenError: Another site's page did.
        """
        origin = request.headers.get("Origin")
        if origin is None:
            return
        if self.public_origin is not None:
            is_ours = origin == self.public_origin
        else:
            # A proxy may speak HTTPS for us, so that the scheme is not known here.
            is_ours = urlsplit(origin).netloc == request.headers.get("Host")
        if not is_ours:
            raise ForbiddenError("this request was made by a page of another site")

    def origin_of(self, request: Request) -> str:
        """Return `scheme://host[:port]` as the browser sees us."""
        return self.public_origin or f"{request.url.scheme}://{request.url.netloc}"

    def _is_secure(self, request: Request) -> bool:
        if self.public_origin is not None:
            return self.public_origin.startswith("https://")
        return not (self.allow_http or request.url.hostname in _LOOPBACK)


def _name(name: str, *, is_secure: bool) -> str:
    # Browsers let nobody but this very host set a cookie of this prefix.
    return f"__Host-mlmon_{name}" if is_secure else f"mlmon_{name}"
