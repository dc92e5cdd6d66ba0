"""Settings of report-writer, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from mlmon_shared.outbound_targets import Networks, TargetRules
from mlmon_shared.settings import ServiceSettings, read_secret, with_password

PREFIX = "MLMON_REPORT_WRITER_"


class ReportWriterSettings(ServiceSettings):
    """Settings read from `MLMON_REPORT_WRITER_*`.

    Attributes:
        database_url: Of the database "reports"; `postgresql://…`.
        database_password_file: Holds the password of that URL's user.
        redis_url: Of the scheduler's Redis.
        redis_password_file: Holds the password of that URL's user.
        config_api_url: Where the snapshot is pulled from.
        service_token: For config-api, scope `service`; or `service_token_file`.
        shard: Whose events are drained.
        migrate_on_start: Bring the database up to date first; off in production.
        batch_limit: Events of one transaction at most.
        wait_seconds: How long one read of the streams waits for events.
        webhook_networks: Where webhooks may be sent although it is not public, such as
            `10.1.0.0/16,fd00::/8`; config-api has the same setting.
        webhook_allow_http: Whether the URLs of webhooks may begin with `http://`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    port: int = 8082
    database_url: SecretStr
    database_password_file: Path | None = None
    redis_url: SecretStr
    redis_password_file: Path | None = None
    config_api_url: str
    service_token: SecretStr | None = None
    service_token_file: Path | None = None
    shard: str = "s0"
    migrate_on_start: bool = False
    batch_limit: Annotated[int, Field(ge=1, le=50_000)] = 5_000
    wait_seconds: Annotated[float, Field(gt=0, le=2)] = 0.4
    webhook_networks: Networks = ()
    webhook_allow_http: bool = False

    @property
    def webhook_rules(self) -> TargetRules:
        """Where webhooks may be sent."""
        return TargetRules(self.webhook_networks, self.webhook_allow_http)

    def read_database_url(self) -> str:
        """Return the URL of PostgreSQL with its password.

        Raises:
            ConfigurationError: The password's file does not fit.
        """
        return with_password(
            self.database_url.get_secret_value(),
            self.database_password_file,
            name=f"{PREFIX}DATABASE_URL",
        )

    def read_redis_url(self) -> str:
        """Return the URL of Redis with its password.

        Raises:
            ConfigurationError: The password's file does not fit.
        """
        return with_password(
            self.redis_url.get_secret_value(), self.redis_password_file, name=f"{PREFIX}REDIS_URL"
        )

    def read_service_token(self) -> str:
        """Return the token for config-api.

        Raises:
            ConfigurationError: None is set, or its file cannot be read.
        """
        return read_secret(
            self.service_token, self.service_token_file, name=f"{PREFIX}SERVICE_TOKEN"
        )
