"""Where the server is, and with which token to speak to it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mlmon.errors import ConfigurationError
from mlmon.profiles import Profile, find_profile

URL_VARIABLE: Final = "MLMON_URL"
TOKEN_VARIABLE: Final = "MLMON_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE_VARIABLE: Final = "MLMON_TOKEN_FILE"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Connection:
    """A server and the token for it; without one, the server decides what is allowed."""

    url: str
    token: str | None = field(default=None, repr=False)


def standalone_connection_file(environment: Mapping[str, str] | None = None) -> Path:
    """Return where `mlmon up` writes `{"url": …, "token_file": …}` and clients look for it."""
    environment = os.environ if environment is None else environment
    data_home = environment.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    folder = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local" / "share"
    return folder / "mlmon" / "standalone.json"


def resolve_connection(
    server: str | None = None,
    *,
    token: str | None = None,
    token_file: str | Path | None = None,
    profile: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Connection:
    """Return what to connect to.

    The server is the argument's, else the named profile's, else that of `MLMON_URL`, of
    `MLMON_PROFILE`, of the chosen profile, else the standalone server. The tokens of profiles and
    of the standalone server are used only for their servers.

    Args:
        server: URL.
        token: Goes before `token_file`.
        token_file: A file with nothing but a token.
        profile: Name of one in `config.toml`.
        environment: The process's own when left out.

    Raises:
        ConfigurationError: There is no server or no such profile, a URL is malformed, or a file
            is unreadable.
    """
    environment = os.environ if environment is None else environment
    standalone = _read_standalone(standalone_connection_file(environment))
    used = _find_profile(server, profile, environment)
    url = server or (used.server if used else None) or environment.get(URL_VARIABLE)
    url = url or (standalone[0] if standalone else None)
    if not url:
        raise ConfigurationError(
            f"no server is known: start one here with `mlmon up`, set {URL_VARIABLE}, "
            "or name one with --server or --profile (in Python: server=…, profile=…)"
        )
    url = _check_url(url)
    if token:
        return Connection(url, _check_token(token, "the token given"))
    if file := token_file or (used.token_file if used else None):
        return Connection(url, _read_token(Path(file)))
    if from_environment := environment.get(TOKEN_VARIABLE):
        return Connection(url, _check_token(from_environment, TOKEN_VARIABLE))
    if from_environment := environment.get(TOKEN_FILE_VARIABLE):
        return Connection(url, _read_token(Path(from_environment)))
    if standalone and standalone[1] and _check_url(standalone[0]) == url:
        return Connection(url, _read_token(standalone[1]))
    return Connection(url)


def _find_profile(
    server: str | None, profile: str | None, environment: Mapping[str, str]
) -> Profile | None:
    if server or (profile is None and environment.get(URL_VARIABLE)):
        return None
    return find_profile(profile, environment)


def _read_standalone(path: Path) -> tuple[str, Path | None] | None:
    try:
        found = json.loads(path.read_text())
        token_file = found.get("token_file")
        return str(found["url"]), Path(token_file) if token_file else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{path} is damaged; start `mlmon up` again, or delete it"
        ) from error


def _read_token(path: Path) -> str:
    try:
        return _check_token(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigurationError(f"cannot read the token in {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} holds no token: it is not text") from error


def _check_token(text: str, source: str) -> str:
    """Return the token without white space around it; what no header can carry is refused."""
    token = text.strip()
    if not token or not all("!" <= character <= "~" for character in token):
        raise ConfigurationError(f"{source} holds no token: that is one word of ASCII characters")
    return token


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_usable = is_usable and (parts.port is None or parts.port > 0)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigurationError(
            f'"{url}" is not the URL of a server; write for example http://localhost:8080'
        )
    return url.rstrip("/")
