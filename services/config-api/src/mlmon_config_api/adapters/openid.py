"""Talk to an OpenID provider: authorization code flow with PKCE."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from mlmon_shared.errors import ServiceUnavailableError, UnauthenticatedError

log = structlog.get_logger(__name__)

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)
"""Signatures by keys of the provider alone: none, and none by a secret that we have as well."""
_TIMEOUT_SECONDS: Final = 10.0
_KEEP_SECONDS: Final = 3600.0
_KEYS_DISTANCE_SECONDS: Final = 10.0
_LEEWAY_SECONDS: Final = 60
_SUBJECT_LIMIT: Final = 255


class _Discovery(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class OpenIdProvider:
    """Implements `IdentityProvider`.

    Args:
        issuer: URL of the provider, exactly as it writes it.
        client_id: Under which it knows us.
        client_secret: The secret that goes with it.
        redirect_uri: Where it sends people back.
        scopes: What is asked for, separated by blanks.
    """

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, redirect_uri: str, scopes: str
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._scopes = scopes
        self._discovery: tuple[float, _Discovery] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def get_url(self, *, state: str, nonce: str, code_verifier: str) -> str:
        """Return where to send somebody."""
        found = await self._discover()
        client = OAuth2Client(
            None,
            client_id=self._client_id,
            scope=self._scopes,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )
        url, _ = client.create_authorization_url(
            found.authorization_endpoint, state=state, nonce=nonce, code_verifier=code_verifier
        )
        return str(url)

    async def get_claims(
        self, code: str, *, nonce: str, code_verifier: str, now: datetime
    ) -> Mapping[str, Any]:
        """Return what the provider says of who came back with a code, once it is verified."""
        found = await self._discover()
        answer = await self._exchange(found, code, code_verifier)
        try:
            return await self._verify(found, answer, nonce=nonce, now=now)
        except (JoseError, AuthlibBaseError, KeyError, TypeError, ValueError) as error:
            log.warning("the provider's token is not valid", reason=repr(error)[:300])
            raise UnauthenticatedError("what the provider says is not valid; try again") from error

    async def _verify(
        self, found: _Discovery, answer: Mapping[str, Any], *, nonce: str, now: datetime
    ) -> Mapping[str, Any]:
        text = answer["id_token"]
        try:
            token = jwt.decode(text, await self._get_keys(found), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # It may have new keys by now.
            token = jwt.decode(text, await self._get_keys(found, anew=True), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": found.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "nonce": {"essential": True},
            },
            params={
                "nonce": nonce,
                "client_id": self._client_id,
                "access_token": answer.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_LIMIT:
            raise ValueError(f"sub is no text of 1 to {_SUBJECT_LIMIT} characters")
        return dict(claims)

    async def _discover(self) -> _Discovery:
        kept = self._discovery
        if kept is not None and time.monotonic() - kept[0] < _KEEP_SECONDS:
            return kept[1]
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = _Discovery.model_validate(await _get_json(url))
        except ValidationError as error:
            raise _unavailable(error) from error
        if found.issuer != self.issuer:
            raise _unavailable(ValueError(f"{url} names the issuer {found.issuer[:200]}"))
        self._discovery = (time.monotonic(), found)
        return found

    async def _get_keys(self, found: _Discovery, *, anew: bool = False) -> KeySet:
        kept = self._keys
        distance = _KEYS_DISTANCE_SECONDS if anew else _KEEP_SECONDS
        if kept is not None and time.monotonic() - kept[0] < distance:
            return kept[1]
        keys = KeySet.import_key_set(await _get_json(found.jwks_uri))
        self._keys = (time.monotonic(), keys)
        return keys

    async def _exchange(self, found: _Discovery, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            # RFC 6749 §2.3.1 wants both encoded, as in a form.
            auth = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(self._client_secret))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as http:
                response = await http.post(
                    found.token_endpoint,
                    data=form,
                    auth=auth or httpx.USE_CLIENT_DEFAULT,
                    headers={"Accept": "application/json"},
                )
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _unavailable(error) from error
        if response.is_server_error:
            raise _unavailable(ValueError(f"status {response.status_code}"))
        if not response.is_success or not isinstance(answer, dict):
            log.warning("the provider refused a code", status=response.status_code)
            raise UnauthenticatedError("the provider refused to sign you in; try again")
        return answer


async def _get_json(url: str) -> Any:  # noqa: ANN401 - JSON of any kind
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as http:
            response = await http.get(url)
        response.raise_for_status()
        return response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> ServiceUnavailableError:
    log.warning("the provider does not answer as it should", reason=repr(error)[:300])
    return ServiceUnavailableError(
        "the sign-in provider does not answer; try again in a moment", retry_after_seconds=5
    )
