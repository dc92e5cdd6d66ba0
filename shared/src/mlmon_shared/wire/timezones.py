"""Names of time zones."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise PydanticCustomError(
            "timezone",
            '"{name}" is not a time zone; write a name such as Europe/London',
            {"name": name},
        ) from error
    return name


TimeZone = Annotated[str, AfterValidator(_check_timezone)]
"""A name of the IANA database."""
