"""Wire config-api: settings to resources to the FastAPI app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Final

import structlog
from fastapi import FastAPI

from mlmon_config_api.adapters.aws import AwsAccess
from mlmon_config_api.adapters.external_values import AwsValues
from mlmon_config_api.adapters.fallback_store import FallbackCatalogStore
from mlmon_config_api.adapters.openid import OpenIdProvider
from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_config_api.adapters.postgres.catalogs import PostgresCatalogStore
from mlmon_config_api.adapters.postgres.engines import create_engine, read_url
from mlmon_config_api.adapters.vaults import EnvelopeVault
from mlmon_config_api.adapters.wrapping_keys import FileKeys, KmsKey, WrappingKeys
from mlmon_config_api.api import (
    audit_events,
    bodies,
    catalog,
    client_rows,
    clients,
    job_definitions,
    pools,
    provider_pages,
    resources,
    rollouts,
    schedules,
    schemas,
    secrets,
    sessions,
    sign_in_pages,
    snapshots,
    tokens,
    users,
    webhooks,
)
from mlmon_config_api.api.authenticating import CatalogAuthenticator
from mlmon_config_api.api.cookies import Cookies
from mlmon_config_api.api.stale_answers import StaleAnswerMiddleware
from mlmon_config_api.application.access_ports import PasswordHasher
from mlmon_config_api.application.issue_passes import PassIssuer
from mlmon_config_api.application.provider_sign_in import ProviderSignIn
from mlmon_config_api.application.sign_in import SignIn
from mlmon_config_api.application.signing_secrets import SigningSecrets
from mlmon_config_api.application.tokens import BootstrapToken
from mlmon_config_api.loops.copy_catalog import CopyCatalog
from mlmon_config_api.loops.ensure_bootstrap_tokens import EnsureBootstrapTokens
from mlmon_config_api.loops.refresh_secrets import RefreshSecrets
from mlmon_config_api.settings import PREFIX, ConfigApiSettings
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clocks import Clock, SystemClock
from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_shared.http.applications import build_app
from mlmon_shared.http.auth import hash_token
from mlmon_shared.http.background import in_background
from mlmon_shared.http.passes import PassSigner
from mlmon_shared.ids import NewId, new_id
from mlmon_shared.loops import LoopRunner
from mlmon_shared.outbound_targets import Resolver, SystemResolver
from mlmon_shared.sealing import Sealer, read_keys
from mlmon_shared.settings import read_secret
from mlmon_shared.wire.states import Scope

_HISTORY_SECONDS: Final = 3.0
_NO_KEYS: Final = f"set {PREFIX}SECRETS_KEY_FILE and {PREFIX}SCHEDULER_PUBLIC_KEY"

log = structlog.get_logger(__name__)


def create_app(
    settings: ConfigApiSettings,
    *,
    clock: Clock | None = None,
    ids: NewId = new_id,
    resolver: Resolver | None = None,
    hasher: PasswordHasher | None = None,
) -> FastAPI:
    """Return config-api as an ASGI app; it does not migrate its database.

    It starts without PostgreSQL as well, and answers 503 until that is there.

    Args:
        settings: See `ConfigApiSettings`.
        clock: The system's when left out.
        ids: Makes the ids of tokens and sessions.
        resolver: Finds the addresses of webhooks; the system's when left out.
        hasher: Hashes passwords; argon2id when left out.

    Raises:
        ConfigurationError: A setting is unusable.
    """
    clock = clock or SystemClock()
    database_url = settings.read_database_url()
    read_url(database_url)
    bootstrap_tokens = _read_bootstrap_tokens(settings)
    aws = AwsAccess(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    vault = _open_vault(settings, aws)
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
        postgres = PostgresCatalogStore(engine)
        store = FallbackCatalogStore(postgres, clock)
        app.state.catalog_store = store
        app.state.snapshot_store = postgres
        app.state.clock = clock
        app.state.new_id = ids
        app.state.webhook_rules = settings.webhook_rules
        app.state.resolver = resolver or SystemResolver()
        app.state.password_hasher = hasher
        app.state.cookies = cookies
        sign_in = app.state.sign_in = SignIn(store, hasher, settings.session_policy, ids)
        app.state.oidc = (
            ProviderSignIn(postgres, postgres, provider, settings.provider_rules, sign_in)
            if provider is not None
            else None
        )
        app.state.passes = PassIssuer(postgres, PassSigner, ids)
        app.state.oidc_name = settings.oidc_name
        authenticator = CatalogAuthenticator(store, clock, sign_in, cookies)
        app.state.authenticator = app.state.session_authenticator = authenticator
        app.state.readiness_checks = {"postgres": postgres.check}
        app.state.vault = vault
        app.state.signing_secrets = SigningSecrets(vault)
        app.state.external_values = AwsValues(aws)
        loops = [LoopRunner(CopyCatalog(store.refresh)).run()]
        if vault is None:
            log.warning("the secrets of webhooks are stored unencrypted", remedy=_NO_KEYS)
        else:
            refresh = RefreshSecrets(
                postgres,
                vault,
                app.state.external_values,
                clock=clock,
                period_seconds=settings.secrets_refresh_seconds,
            )
            loops.append(LoopRunner(refresh).run())
        bootstrap = EnsureBootstrapTokens(store, bootstrap_tokens, clock=clock, new_id=ids)
        try:
            async with (
                _run_history(settings) as history,
                _in_background(bootstrap),
                in_background(app, loops),
            ):
                app.state.run_history = history
                yield
        finally:
            await store.aclose()
            await engine.dispose()

    app = build_app(
        title="MLMon config-api",
        version=version("mlmon-config-api"),
        lifespan=lifespan,
        routers=[
            catalog.router,
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
            secrets.router,
            webhooks.router,
            schemas.router,
            snapshots.router,
            audit_events.router,
        ],
        body_limit=settings.body_limit,
        settings=settings,
        larger_limits={
            (client_rows.IMPORT_PATH, client_rows.CSV_TYPE): client_rows.BODY_LIMIT,
            (client_rows.IMPORT_PATH, client_rows.LINES_TYPE): client_rows.BODY_LIMIT,
            (catalog.PATH, bodies.JSON_TYPE): catalog.BODY_LIMIT,
        },
    )
    app.add_middleware(StaleAnswerMiddleware)
    return app


@asynccontextmanager
async def _run_history(settings: ConfigApiSettings) -> AsyncIterator[ReportWriterClient | None]:
    """Ask report-writer once and shortly: what it knows is not needed to save anything."""
    if settings.report_writer_url is None:
        yield None
        return
    async with Transport(
        settings.report_writer_url,
        token=settings.read_service_token(),
        timeout_seconds=_HISTORY_SECONDS,
        tries=1,
    ) as transport:
        yield ReportWriterClient(transport)


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


def _open_vault(settings: ConfigApiSettings, aws: AwsAccess) -> EnvelopeVault | None:
    """Return what encrypts secrets; None when the settings name no keys.

    Raises:
        ConfigurationError: A key is unusable, or one of the two kinds is missing.
    """
    public_key = settings.read_scheduler_public_key()
    keys: list[WrappingKeys] = []
    if settings.secrets_kms_key is not None:
        aws.check_installed(f"{PREFIX}SECRETS_KMS_KEY")
        keys.append(KmsKey(aws, settings.secrets_kms_key))
    if settings.secrets_key_file is not None:
        name = f"{PREFIX}SECRETS_KEY"
        text = read_secret(None, settings.secrets_key_file, name=name)
        keys.append(FileKeys(read_keys(text, name=f"{name}_FILE")))
    if not keys and public_key is None:
        return None
    if not keys or public_key is None:
        raise ConfigurationError(
            f"secrets need both {PREFIX}SCHEDULER_PUBLIC_KEY and {PREFIX}SECRETS_KEY_FILE "
            f"(or {PREFIX}SECRETS_KMS_KEY)"
        )
    return EnvelopeVault(keys, Sealer(public_key))
