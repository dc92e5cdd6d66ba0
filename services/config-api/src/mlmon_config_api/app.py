"""Wire config-api: settings to resources to the FastAPI app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

import structlog
from fastapi import FastAPI

from mlmon_config_api.adapters.openid import OpenIdProvider
from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_config_api.adapters.postgres.catalogs import PostgresCatalogStore
from mlmon_config_api.adapters.postgres.engines import create_engine, read_url
from mlmon_config_api.api import (
    audit_events,
    client_rows,
    clients,
    job_definitions,
    pools,
    provider_pages,
    resources,
    rollouts,
    schedules,
    schemas,
    sessions,
    sign_in_pages,
    snapshots,
    tokens,
    users,
)
from mlmon_config_api.api.authenticating import CatalogAuthenticator
from mlmon_config_api.api.cookies import Cookies
from mlmon_config_api.application.access_ports import PasswordHasher
from mlmon_config_api.application.issue_passes import PassIssuer
from mlmon_config_api.application.provider_sign_in import ProviderSignIn
from mlmon_config_api.application.sign_in import SignIn
from mlmon_config_api.application.tokens import BootstrapToken
from mlmon_config_api.loops.ensure_bootstrap_tokens import EnsureBootstrapTokens
from mlmon_config_api.settings import PREFIX, ConfigApiSettings
from mlmon_shared.clocks import Clock, SystemClock
from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_shared.http.applications import build_app
from mlmon_shared.http.auth import hash_token
from mlmon_shared.http.passes import PassSigner
from mlmon_shared.ids import NewId, new_id
from mlmon_shared.wire.states import Scope

log = structlog.get_logger(__name__)


def create_app(
    settings: ConfigApiSettings,
    *,
    clock: Clock | None = None,
    ids: NewId = new_id,
    hasher: PasswordHasher | None = None,
) -> FastAPI:
    """Return config-api as an ASGI app; it does not migrate its database.

    It starts without PostgreSQL as well, and answers 503 until that is there.

    Args:
        settings: See `ConfigApiSettings`.
        clock: The system's when left out.
        ids: Makes the ids of tokens and sessions.
        hasher: Hashes passwords; argon2id when left out.

    Raises:
        ConfigurationError: A setting is unusable.
    """
    clock = clock or SystemClock()
    database_url = settings.read_database_url()
    read_url(database_url)
    bootstrap_tokens = _read_bootstrap_tokens(settings)
    cookies = Cookies(settings.public_origin, allow_http=settings.allow_http_cookies)
    hasher = hasher or Argon2Hasher()
    provider = _open_provider(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = create_engine(
            database_url,
            connect_timeout_seconds=settings.connect_timeout_seconds,
            pool_size=settings.pool_size,
        )
        store = PostgresCatalogStore(engine)
        app.state.catalog_store = store
        app.state.clock = clock
        app.state.new_id = ids
        app.state.password_hasher = hasher
        app.state.cookies = cookies
        app.state.sign_in = SignIn(store, hasher, settings.session_policy, ids)
        app.state.oidc = (
            ProviderSignIn(store, store, provider, settings.provider_rules, app.state.sign_in)
            if provider is not None
            else None
        )
        app.state.passes = PassIssuer(store, PassSigner, ids)
        app.state.oidc_name = settings.oidc_name
        authenticator = CatalogAuthenticator(store, clock, app.state.sign_in, cookies)
        app.state.authenticator = app.state.session_authenticator = authenticator
        app.state.readiness_checks = {"postgres": store.check}
        bootstrap = EnsureBootstrapTokens(store, bootstrap_tokens, clock=clock, new_id=ids)
        try:
            async with _in_background(bootstrap):
                yield
        finally:
            await engine.dispose()

    return build_app(
        title="MLMon config-api",
        version=version("mlmon-config-api"),
        lifespan=lifespan,
        routers=[
            job_definitions.router,
            rollouts.router,
            clients.router,
            pools.router,
            resources.router,
            tokens.router,
            users.router,
            sessions.router,
            sign_in_pages.router,
            provider_pages.router,
            schedules.router,
            schemas.router,
            snapshots.router,
            audit_events.router,
        ],
        body_limit=settings.body_limit,
        larger_limits={
            (client_rows.IMPORT_PATH, media_type): client_rows.BODY_LIMIT
            for media_type in (client_rows.CSV_TYPE, client_rows.LINES_TYPE)
        },
    )


@asynccontextmanager
async def _in_background(bootstrap: EnsureBootstrapTokens) -> AsyncIterator[None]:
    """Store the tokens before serving if that is possible at once, else while serving."""
    try:
        await bootstrap.tick()
    except MlmonError as error:
        log.warning("bootstrap tokens are stored later", detail=error.detail)
    else:
        yield
        return
    task = asyncio.create_task(bootstrap.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _open_provider(settings: ConfigApiSettings) -> OpenIdProvider | None:
    if settings.oidc_issuer is None:
        return None
    client_id, client_secret = settings.read_oidc_client()
    return OpenIdProvider(
        issuer=settings.oidc_issuer,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=f"{settings.public_origin}/auth/oidc/callback",
        scopes=settings.oidc_scopes,
    )


def _read_bootstrap_tokens(settings: ConfigApiSettings) -> list[BootstrapToken]:
    found = [
        ("bootstrap-admin", Scope.ADMIN, None, settings.read_admin_token()),
        ("bootstrap-service", Scope.SERVICE, None, settings.read_service_token()),
        ("bootstrap-agent", Scope.AGENT, settings.agent_pool, settings.read_agent_token()),
    ]
    tokens = [
        BootstrapToken(name, scope, pool, hash_token(secret))
        for name, scope, pool, secret in found
        if secret is not None
    ]
    if len({token.sha256 for token in tokens}) < len(tokens):
        raise ConfigurationError(
            f"{PREFIX}ADMIN_TOKEN, {PREFIX}SERVICE_TOKEN and {PREFIX}AGENT_TOKEN must differ"
        )
    return tokens
