"""Job definitions as callers give them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlmon.errors import ConfigurationError


def definition_content(definition: str | Path | Mapping[str, Any]) -> tuple[bytes, str]:
    """Return what to send, and its content type.

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
