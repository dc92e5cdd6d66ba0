"""The scheduler's settings, from the environment (`MLMON_SCHEDULER_…`)."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from mlmon_shared.sealing import read_keys
from mlmon_shared.settings import ServiceSettings, read_secret, with_password
from mlmon_shared.wire.quantities import Size

PREFIX: Final = "MLMON_SCHEDULER_"


def _split(given: object) -> object:
    if not isinstance(given, str):
        return given
    return [part.strip().removeprefix("s3://") for part in given.split(",") if part.strip()]


class SchedulerSettings(ServiceSettings):
    """What the scheduler can be told.

    Attributes:
        redis_url: Of live runs: a Redis or Valkey that fsyncs (`appendfsync always`).
        redis_password_file: Holds the password of that URL's user.
        logs_redis_url: Of log tails: another one, without persistence.
        logs_redis_password_file: Holds the password of that URL's user.
        config_api_url: Where the snapshot is pulled from.
        report_writer_url: Where epochs begin and history is read.
        service_token: Of scope `service`, for both.
        signing_key: For agents' session tokens and upload grants; at least 32 characters.
        secrets_key: Opens the secrets that config-api seals to its public key: 32 bytes in
            base64 (or in `secrets_key_file`, where a second line holds the key before).
        instance_certificates_file: PEM, one or more: with which AWS signs the identities of EC2
            instances, for agents without a token; none are taken when left out.
        artifacts_folder: Root of a folder store; goes without `artifacts_url`.
        artifacts_url: `s3://bucket/prefix` of a store in S3; goes without `artifacts_folder`.
        artifact_limit: Bytes of one uploaded file.
        artifact_part_size: Bytes of a part of one that is uploaded to S3 by parts.
        artifact_parts_from: Bytes; larger files are uploaded to S3 by parts.
        artifact_sweep_seconds: How often the store is gone through for files to collect.
        artifact_sweep_after_seconds: How old a file is that was not published, at least, when it
            is collected; longer than any upload takes.
        input_buckets: What jobs may read of S3 by `s3://` inputs: `bucket` or `bucket/prefix`,
            with commas between them; none when left out.
        aws_region: Of S3; as boto3 finds it when left out.
        aws_endpoint_url: Of what stands in for AWS; agents must reach it, too.
        accept_seconds: How long an agent may take to accept a grant.
        spill_after_seconds: When a run may start in a pool that is not its first choice.
        reserve_after_seconds: When an agent is kept for a run that fits none now.
        reconcile_seconds: How often counts are compared with the leases that they follow from.
        poll_timeout_seconds: The longest that a poll is kept parked.
        event_keep_seconds: How long events stay in Redis, although history has them, for those
            who follow the stream.
        log_tail_bytes: Kept of each attempt's live log.
        log_tail_seconds: How long it is kept after the last chunk.
        log_archive_seconds: How long archived logs are kept; 0 archives nothing.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, env_nested_delimiter="__"
    )

    port: int = 8083
    redis_url: str
    redis_password_file: Path | None = None
    logs_redis_url: str
    logs_redis_password_file: Path | None = None
    config_api_url: str
    report_writer_url: str
    service_token: SecretStr | None = None
    service_token_file: Path | None = None
    signing_key: SecretStr | None = None
    signing_key_file: Path | None = None
    secrets_key: SecretStr | None = None
    secrets_key_file: Path | None = None
    instance_certificates_file: Path | None = None
    artifacts_folder: Path | None = None
    artifacts_url: str | None = None
    artifact_limit: Annotated[Size, Field(ge=1)] = 16 * 2**30
    artifact_part_size: Annotated[Size, Field(ge=5 * 2**20, le=5 * 2**30)] = 64 * 2**20
    artifact_parts_from: Annotated[Size, Field(ge=5 * 2**20, le=5 * 2**30)] = 256 * 2**20
    artifact_sweep_seconds: Annotated[float, Field(gt=0)] = 6 * 3600.0
    artifact_sweep_after_seconds: Annotated[float, Field(ge=2 * 3600.0)] = 24 * 3600.0
    input_buckets: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()
    aws_region: str | None = None
    aws_endpoint_url: str | None = None
    accept_seconds: float = 30.0
    spill_after_seconds: float = 60.0
    reserve_after_seconds: float = 300.0
    reconcile_seconds: Annotated[float, Field(gt=0)] = 3600.0
    poll_timeout_seconds: float = 25.0
    event_keep_seconds: Annotated[float, Field(ge=0)] = 15.0
    log_tail_bytes: int = 2**20
    log_tail_seconds: int = 3600
    log_archive_seconds: Annotated[float, Field(ge=0)] = 30 * 86_400.0

    def read_redis_url(self) -> str:
        """Return the URL of live runs with its password.

        Raises:
            ConfigurationError: The password's file does not fit.
        """
        return with_password(self.redis_url, self.redis_password_file, name=f"{PREFIX}REDIS_URL")

    def read_logs_redis_url(self) -> str:
        """Return the URL of log tails with its password.

        Raises:
            ConfigurationError: The password's file does not fit.
        """
        return with_password(
            self.logs_redis_url, self.logs_redis_password_file, name=f"{PREFIX}LOGS_REDIS_URL"
        )

    def read_secrets_keys(self) -> list[bytes]:
        """Return the private keys that open secrets, none when none is set.

        Raises:
            ConfigurationError: A key is unusable.
        """
        if self.secrets_key is None and self.secrets_key_file is None:
            return []
        name = f"{PREFIX}SECRETS_KEY"
        text = read_secret(self.secrets_key, self.secrets_key_file, name=name)
        return read_keys(text, name=name)
