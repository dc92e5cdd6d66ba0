"""The settings of config-api."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints
from pydantic_settings import SettingsConfigDict

from mlmon_config_api.application.sign_in import SessionPolicy
from mlmon_config_api.domain.provider_claims import ProviderRules
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.outbound_targets import Networks, TargetRules
from mlmon_shared.sealing import read_keys
from mlmon_shared.settings import ServiceSettings, read_secret, with_password
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.users import Role

PREFIX: Final = "MLMON_CONFIG_API_"
_ISSUER_PATTERN: Final = r"^(https://|http://(localhost|127\.0\.0\.1)[:/])\S+$"
"""Plain HTTP would let anybody on the way be the provider."""


class ConfigApiSettings(ServiceSettings):
    """Settings read from `MLMON_CONFIG_API_*`.

    Attributes:
        database_url: Of PostgreSQL, `postgresql://…`; config-api has a database of its own.
        database_password_file: Holds the password of the URL's user.
        admin_token: Secret of the token "bootstrap-admin" (or in `admin_token_file`).
        service_token: Secret of the token "bootstrap-service" (or in `service_token_file`).
        agent_token: Secret of the token "bootstrap-agent" (or in `agent_token_file`).
        report_writer_url: Of report-writer, for what runs cost in plans; unknown when left out.
        agent_pool: The pool whose agents have that token, once it is saved.
        body_limit: Bytes of a request body.
        migrate_on_start: Bring the schema up to date before serving.
        connect_timeout_seconds: Until PostgreSQL counts as down.
        pool_size: Connections kept to PostgreSQL, at most.
        secrets_key_file: Holds the keys that wrap secrets: each 32 bytes in base64 on a line of
            its own. The first wraps, the others unwrap.
        secrets_kms_key: Id, ARN or alias of a key of KMS that wraps secrets instead.
        scheduler_public_key: Secrets are sealed to it, 32 bytes in base64 (or in
            `scheduler_public_key_file`).
        secrets_refresh_seconds: How often values are fetched that others keep.
        aws_region: Of KMS, Parameter Store and Secrets Manager; as boto3 finds it when left out.
        aws_endpoint_url: Of something that stands in for AWS.
        webhook_networks: Where webhooks may be sent although it is not public, such as
            `10.1.0.0/16,fd00::/8`; report-writer has the same setting.
        webhook_allow_http: Whether the URLs of webhooks may begin with `http://`.
        public_url: Where browsers find us, `https://…`; the request says it when left out.
        allow_http_cookies: Let people sign in over plain HTTP, and not only on loopback.
        oidc_issuer: URL of an OpenID provider with which people sign in.
        oidc_name: What the sign-in page calls it.
        oidc_client_id: Under which the provider knows us.
        oidc_client_secret: What goes with it (or in `oidc_client_secret_file`).
        oidc_scopes: What is asked of the provider, separated by blanks.
        oidc_roles_claim: The claim that names groups; dots lead into objects.
        oidc_roles: Which group gives which role, as JSON.
        oidc_email_domains: Whose verified addresses may sign in, as JSON; all when empty.
        session_idle_seconds: A session ends when it was not used for so long.
        session_lifetime_seconds: A session ends so long after signing in.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    port: int = 8081
    database_url: str = Field(repr=False, min_length=1)
    database_password_file: Path | None = None
    admin_token: SecretStr | None = None
    admin_token_file: Path | None = None
    service_token: SecretStr | None = None
    service_token_file: Path | None = None
    agent_token: SecretStr | None = None
    agent_token_file: Path | None = None
    report_writer_url: str | None = None
    agent_pool: Name = "default"
    body_limit: int = Field(default=256 * 1024, ge=1024, le=8 * 2**20)
    migrate_on_start: bool = False
    connect_timeout_seconds: float = Field(default=3.0, gt=0)
    pool_size: int = Field(default=10, ge=1, le=100)
    secrets_key_file: Path | None = None
    secrets_kms_key: str | None = None
    scheduler_public_key: str | None = None
    scheduler_public_key_file: Path | None = None
    secrets_refresh_seconds: float = Field(default=60.0, gt=0)
    aws_region: str | None = None
    aws_endpoint_url: str | None = None
    webhook_networks: Networks = ()
    webhook_allow_http: bool = False

    @property
    def webhook_rules(self) -> TargetRules:
        """Where webhooks may be sent."""
        return TargetRules(self.webhook_networks, self.webhook_allow_http)

    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+/?$")] | None = None
    allow_http_cookies: bool = False
    session_idle_seconds: float = Field(default=8 * 3600, ge=60)
    session_lifetime_seconds: float = Field(default=7 * 24 * 3600, ge=60)
    oidc_issuer: (
        Annotated[str, StringConstraints(pattern=_ISSUER_PATTERN, max_length=500)] | None
    ) = None
    oidc_name: Annotated[str, StringConstraints(min_length=1, max_length=50)] = "OpenID"
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_scopes: str = "openid profile email"
    oidc_roles_claim: str = "groups"
    oidc_roles: dict[str, Role] = Field(default_factory=dict)
    oidc_email_domains: list[str] = Field(default_factory=list)

    @property
    def provider_rules(self) -> ProviderRules:
        """Who may sign in with the provider, and as what."""
        return ProviderRules(
            roles_claim=self.oidc_roles_claim,
            roles=self.oidc_roles,
            email_domains=frozenset(domain.lower() for domain in self.oidc_email_domains),
        )

    def read_oidc_client(self) -> tuple[str, str]:
        """Return the id and the secret under which the provider knows us.

        Raises:
            ConfigurationError: One is missing, or `public_url` is, to which it sends people back.
        """
        if self.oidc_client_id is None or self.public_url is None:
            raise ConfigurationError(
                f"{PREFIX}OIDC_ISSUER goes with {PREFIX}OIDC_CLIENT_ID and {PREFIX}PUBLIC_URL"
            )
        name = f"{PREFIX}OIDC_CLIENT_SECRET"
        secret = read_secret(self.oidc_client_secret, self.oidc_client_secret_file, name=name)
        return self.oidc_client_id, secret

    @property
    def public_origin(self) -> str | None:
        """`scheme://host[:port]` of `public_url`, as browsers write it."""
        if self.public_url is None:
            return None
        parts = urlsplit(self.public_url)
        port = {"http": ":80", "https": ":443"}[parts.scheme]
        return f"{parts.scheme}://{parts.netloc.lower().removesuffix(port)}"

    @property
    def session_policy(self) -> SessionPolicy:
        """How long sessions live."""
        return SessionPolicy(
            idle=timedelta(seconds=self.session_idle_seconds),
            lifetime=timedelta(seconds=self.session_lifetime_seconds),
        )

    def read_database_url(self) -> str:
        """Return the URL with its password.

        Raises:
            ConfigurationError: The password's file does not fit.
        """
        return with_password(
            self.database_url, self.database_password_file, name=f"{PREFIX}DATABASE_URL"
        )

    def read_agent_token(self) -> str | None:
        """Return the secret of the bootstrap token for agents; None when none is set."""
        return _read_token(self.agent_token, self.agent_token_file, "AGENT_TOKEN")

    def read_admin_token(self) -> str | None:
        """Return the secret of the bootstrap token for people; None when none is set."""
        return _read_token(self.admin_token, self.admin_token_file, "ADMIN_TOKEN")

    def read_service_token(self) -> str | None:
        """Return the secret of the bootstrap token for services; None when none is set."""
        return _read_token(self.service_token, self.service_token_file, "SERVICE_TOKEN")

    def read_scheduler_public_key(self) -> bytes | None:
        """Return the key that secrets are sealed to; None when none is set.

        Raises:
            ConfigurationError: It is unusable.
        """
        text, name = self.scheduler_public_key, f"{PREFIX}SCHEDULER_PUBLIC_KEY"
        if text is None and self.scheduler_public_key_file is None:
            return None
        if text is None:
            text = read_secret(None, self.scheduler_public_key_file, name=name)
        return read_keys(text, name=name)[0]


def _read_token(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    if value is None and file is None:
        return None
    secret = read_secret(value, file, name=PREFIX + name)
    if not secret:
        raise ConfigurationError(f"{PREFIX}{name} is empty")
    return secret
