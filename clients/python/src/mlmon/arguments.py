"""What callers may pass, and what the API gets for it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mlmon.errors import ConfigurationError, InvalidRequestError
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument

RunLike: TypeAlias = str | RunDocument
BatchLike: TypeAlias = str | BatchDocument


def run_id(run: RunLike) -> str:
    """Return the id of a run given by id or document."""
    return run if isinstance(run, str) else run.id


def batch_id(batch: BatchLike) -> str:
    """Return the id of a batch given by id or document."""
    return batch if isinstance(batch, str) else batch.id


def check_idempotency_key(key: str | None) -> str | None:
    """Return the key when a header can carry it.

    Raises:
        InvalidRequestError: It has other characters than printable ASCII.
    """
    if key is not None and not (key.isascii() and key.isprintable() and key == key.strip()):
        raise InvalidRequestError("an idempotency key consists of printable ASCII characters")
    return key


def definition_content(definition: str | Path | Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a job definition as it is sent, and its content type.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    if isinstance(definition, Path):
        try:
            content = definition.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"cannot read {definition}: {error.strerror}") from error
        is_json = definition.suffix == ".json"
        return content, "application/json" if is_json else "application/yaml"
    if isinstance(definition, str):
        return definition.encode(), "application/yaml"
    return json.dumps(definition).encode(), "application/json"
