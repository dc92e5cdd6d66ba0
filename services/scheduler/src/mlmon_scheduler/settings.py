"""The scheduler's settings, from the environment (`MLMON_SCHEDULER_…`)."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from mlmon_shared.settings import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """What the scheduler can be told.

    Attributes:
        redis_url: Of live runs: a Redis or Valkey that fsyncs (`appendfsync always`).
        logs_redis_url: Of log tails: another one, without persistence.
        config_api_url: Where the snapshot is pulled from.
        report_writer_url: Where epochs begin and history is read.
        service_token: Of scope `service`, for both.
        signing_key: For agents' session tokens and upload grants; at least 32 characters.
        artifacts_folder: Root of the folder store.
        artifact_limit: Bytes of one uploaded file.
        accept_seconds: How long an agent may take to accept a grant.
        spill_after_seconds: When a run may start in a pool that is not its first choice.
        poll_timeout_seconds: The longest that a poll is kept parked.
        log_tail_bytes: Kept of each attempt's live log.
        log_tail_seconds: How long it is kept after the last chunk.
    """

    model_config = SettingsConfigDict(
        env_prefix="MLMON_SCHEDULER_", extra="ignore", frozen=True, env_nested_delimiter="__"
    )

    port: int = 8083
    redis_url: str
    logs_redis_url: str
    config_api_url: str
    report_writer_url: str
    service_token: SecretStr | None = None
    service_token_file: Path | None = None
    signing_key: SecretStr | None = None
    signing_key_file: Path | None = None
    artifacts_folder: Path
    artifact_limit: int = 16 * 2**30
    accept_seconds: float = 30.0
    spill_after_seconds: float = 60.0
    poll_timeout_seconds: float = 25.0
    log_tail_bytes: int = 2**20
    log_tail_seconds: int = 3600
