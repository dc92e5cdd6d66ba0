"""Secrets of a local run: from files, or from the environment."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.jobs.faults import pointer_to
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.validation import summarise, unknown

PREFIX: Final = "MLMON_SECRET_"


def read_secrets(
    definition: JobDefinition, options: Sequence[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the values of a definition's secrets, by the name of their file.

    Args:
        definition: Names them.
        options: `NAME=@FILE` each; they go over the environment.
        environment: Has values as `MLMON_SECRET_<NAME>`.

    Raises:
        InvalidRequestError: One has no value, or an option names none of them.
        OSError: A file cannot be read.
    """
    files = dict(_split(option) for option in options)
    faults = [
        {"pointer": f"--secret {name}", "detail": unknown("secret", name, list(definition.secrets))}
        for name in files
        if name not in definition.secrets
    ]
    values = {}
    for name in definition.secrets:
        variable = PREFIX + re.sub("[^A-Za-z0-9]", "_", name)
        if name in files:
            values[name] = _read(files[name], name)
        elif variable in environment:
            values[name] = environment[variable]
        else:
            detail = f"has no value here; give --secret {name}=@FILE, or set {variable}"
            faults.append({"pointer": pointer_to("secrets", name), "detail": detail})
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults)
    return values


def _split(option: str) -> tuple[str, Path]:
    name, separator, file = option.partition("=@")
    if not name or not separator or not file:
        # Whatever it is may be a value: it is not shown.
        detail = "write NAME=@FILE: others can read what is on a command line"
        raise InvalidRequestError.at("--secret", detail)
    return name, Path(file)


def _read(file: Path, name: str) -> str:
    try:
        return file.read_bytes().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        detail = f"{file} is not text in UTF-8; encode it in base64"
        raise InvalidRequestError.at(f"--secret {name}", detail) from error
