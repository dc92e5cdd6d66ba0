"""An OpenID provider that checks what it is sent, and lies when a test wants it to."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from mlmon_shared.clocks import Clock

CLIENT_ID = "mlmon"
CLIENT_SECRET = "provider-secret"
_KEY = RSAKey.generate_key(2048, auto_kid=True)


@dataclass
class Provider:
    """What the provider knows, and what is wrong with it.

    Attributes:
        person: Claims of whoever comes.
        lies: Claims that replace the true ones in the token.
        algorithm: Signs the token; HS256 with our own secret.
    """

    clock: Clock
    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "p-1"})
    lies: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: _KEY)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    is_down: bool = False


def create_provider(provider: Provider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def discover() -> Response:
        if provider.is_down:
            return Response(status_code=502)
        issuer = provider.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
            }
        )

    @app.get("/keys")
    async def keys() -> Response:
        return JSONResponse(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        provider.codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}")

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: value[0] for name, value in parse_qs((await request.body()).decode()).items()}
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = provider.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (
            asked is None
            or request.headers["Authorization"] != f"Basic {basic}"
            or asked["redirect_uri"] != form["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(provider.clock.now().timestamp())
        claims = {
            "iss": provider.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **provider.person,
            **provider.lies,
        }
        return JSONResponse(
            {"access_token": "a", "token_type": "Bearer", "id_token": _sign(provider, claims)}
        )

    return app


def _sign(provider: Provider, claims: dict[str, Any]) -> str:
    if provider.algorithm == "RS256":
        header = {"alg": "RS256", "kid": provider.key.kid}
        return jwt.encode(header, claims, provider.key)
    secret = OctKey.import_key(CLIENT_SECRET)
    return jwt.encode({"alg": provider.algorithm}, claims, secret, algorithms=[provider.algorithm])
