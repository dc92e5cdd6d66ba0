"""The settings that every service has; each adds its own with its own prefix."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.logs import LogFormat, LogLevel


class ServiceSettings(BaseSettings):
    """Settings read from the environment, `MLMON_<SERVICE>_<NAME>`.

    Attributes:
        host: Address to listen on.
        port: Port to listen on.
        requests_per_second: Of one token, in the long run; 0 is any number.
        requests_burst: Of one token at once, after a pause.
        failures_per_second: Requests of one address whose token is none; 0 is any number.
        failures_burst: The same at once, after a pause.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = 8080
    log_format: LogFormat = "json"
    log_level: LogLevel = "info"
    requests_per_second: Annotated[float, Field(ge=0)] = 200.0
    requests_burst: Annotated[int, Field(ge=1)] = 1000
    failures_per_second: Annotated[float, Field(ge=0)] = 2.0
    failures_burst: Annotated[int, Field(ge=1)] = 100


def read_secret(value: SecretStr | None, file: Path | None, *, name: str) -> str:
    """Return a secret given directly or in a file.

    Raises:
        ConfigurationError: Neither is given, or the file cannot be read.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        raise ConfigurationError(f"set {name} or {name}_FILE")
    try:
        return file.read_text().strip()
    except OSError as error:
        raise ConfigurationError(f"{name}_FILE: cannot read {file}: {error.strerror}") from error


def with_password(url: str, file: Path | None, *, name: str) -> str:
    """Return a URL with the password of a file, for example one that an orchestrator mounts.

    Args:
        url: `scheme://user@host/…`; returned as it is when there is no file.
        file: Holds the password and nothing else.
        name: Of the URL's setting; the file's is the same with `_PASSWORD_FILE` for `_URL`.

    Raises:
        ConfigurationError: The file cannot be read, or the URL has a password, or no user to
            whom the file's belongs.
    """
    if file is None:
        return url
    setting = f"{name.removesuffix('_URL')}_PASSWORD"
    password = read_secret(None, file, name=setting)
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at or ":" in user:
        raise ConfigurationError(
            f"{setting}_FILE goes with a {name} that names a user and no password: "
            "scheme://user@host/…"
        )
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def explain_settings(error: ValidationError, prefix: str) -> str:
    """Return one line that names the environment variables that are wrong."""
    return "; ".join(
        f"{prefix}{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
        for fault in error.errors()
    )
