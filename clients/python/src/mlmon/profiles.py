"""Servers that people name: `config.toml` in the configuration folder, and which is chosen."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlmon.errors import ConfigurationError
from mlmon_shared.wire.validation import unknown

PROFILE_VARIABLE: Final = "MLMON_PROFILE"
_FIELDS: Final = {"server", "token_file"}


@dataclass(frozen=True)
class Profile:
    """A server by name, and the file with the token for it."""

    name: str
    server: str
    token_file: Path | None = None


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return where people keep what they configure."""
    config_home = environment.get("XDG_CONFIG_HOME", "")
    # The XDG specification has relative paths ignored.
    folder = Path(config_home) if Path(config_home).is_absolute() else Path.home() / ".config"
    return folder / "mlmon"


def list_profiles(environment: Mapping[str, str] | None = None) -> list[Profile]:
    """Return the profiles in `config.toml`, by name.

    Raises:
        ConfigurationError: The file cannot be read, or a profile is not one.
    """
    file = config_folder(os.environ if environment is None else environment) / "config.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{file} is not TOML: {error}") from error
    tables = document.get("profiles", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{file}: write profiles as [profiles.NAME]")
    return [_read(file, name, tables[name]) for name in sorted(tables)]


def find_profile(
    name: str | None = None, environment: Mapping[str, str] | None = None
) -> Profile | None:
    """Return the profile of that name; without one, that of `MLMON_PROFILE` or the chosen one.

    Raises:
        ConfigurationError: There is no such profile, or the file is wrong.
    """
    environment = os.environ if environment is None else environment
    wanted = name or environment.get(PROFILE_VARIABLE) or _read_chosen(environment)
    if not wanted:
        return None
    known = {profile.name: profile for profile in list_profiles(environment)}
    if wanted not in known:
        file = config_folder(environment) / "config.toml"
        raise ConfigurationError(f"{file}: {unknown('profile', wanted, list(known))}")
    return known[wanted]


def choose_profile(name: str, environment: Mapping[str, str] | None = None) -> Profile:
    """Use a profile from now on where nothing else names a server, and return it.

    Raises:
        ConfigurationError: There is no such profile, or the choice cannot be written.
    """
    environment = os.environ if environment is None else environment
    found = find_profile(name, environment)
    if found is None:
        raise ConfigurationError("name a profile")
    file = _chosen_file(environment)
    try:
        file.write_text(found.name + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    return found


def _chosen_file(environment: Mapping[str, str]) -> Path:
    return config_folder(environment) / "profile"


def _read_chosen(environment: Mapping[str, str]) -> str:
    file = _chosen_file(environment)
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {file}; delete it") from error


def _read(file: Path, name: str, table: Any) -> Profile:  # noqa: ANN401 - TOML of any kind
    at = f"{file}: [profiles.{name}]"
    if not isinstance(table, dict):
        raise ConfigurationError(f"{at} must be a table with server and token_file")
    for field, value in table.items():
        if field not in _FIELDS:
            raise ConfigurationError(f"{at}: {unknown('field', field, sorted(_FIELDS))}")
        if not isinstance(value, str):
            raise ConfigurationError(f"{at}: {field} must be text")
    if "server" not in table:
        raise ConfigurationError(f'{at}: server is missing; write server = "https://…"')
    token_file = table.get("token_file")
    # Relative to the file that names it, so that the current folder does not matter.
    place = file.parent / Path(token_file).expanduser() if token_file else None
    return Profile(name, table["server"], place)
