"""Fill in `{{ params.* }}`, `{{ client.* }}` and `{{ run.* }}`."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import TEMPLATE


def fill_in(text: str, values: Mapping[str, Any], *, encode: Callable[[str], str] = str) -> str:
    """Return the text with each template replaced by its value.

    Text stands as it is, other values as JSON. A label or parameter that is absent
    becomes empty.

    Args:
        text: A word of a command or a value of the environment.
        values: By the template's name, for example `params.month`.
        encode: Makes a value fit for where it lands.
    """

    def replace(match: re.Match[str]) -> str:
        value = values.get(match[1].strip(), "")
        return encode(value if isinstance(value, str) else json.dumps(value))

    return TEMPLATE.sub(replace, text)


def template_values(
    *, params: Mapping[str, Any], client: Client, run: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every value that a template may name."""
    return {
        **{f"params.{name}": value for name, value in params.items()},
        "client.name": client.name,
        **{f"client.labels.{name}": value for name, value in client.labels.items()},
        **{f"client.parameters.{name}": value for name, value in client.parameters.items()},
        **{f"run.{name}": value for name, value in run.items()},
    }
