"""Inputs from elsewhere: where they are once templates are filled in, and which are allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from mlmon_scheduler.errors import InputRefusedError
from mlmon_shared.jobs.templates import fill_in

_KEY_BYTES: Final = 1024
_S3: Final = "s3://"


@dataclass(frozen=True)
class S3Source:
    """An object of S3."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """As a definition writes it."""
        return f"{_S3}{self.bucket}/{self.key}"


def fill_in_s3(source: str, values: Mapping[str, Any]) -> S3Source:
    """Return where an `s3://` source is.

    Raises:
        InputRefusedError: What templates stand for makes it climb out of its folder, or too long.
    """
    bucket, _, key = source.removeprefix(_S3).partition("/")
    filled = fill_in(key, values)
    if _climbs(filled.split("/")) or len(filled.encode()) > _KEY_BYTES:
        raise InputRefusedError(
            f"{_S3}{bucket}/{filled[:200]} is no key of an object: it has no empty part, '.' or "
            f"'..', no control character, and at most {_KEY_BYTES} bytes"
        )
    return S3Source(bucket, filled)


def fill_in_https(source: str, values: Mapping[str, Any]) -> str:
    """Return the URL of an `https://` source; what templates stand for is quoted.

    Raises:
        InputRefusedError: It climbs out of its folder.
    """
    url = fill_in(source, values, encode=lambda value: quote(value, safe=""))
    # A server may take %2e%2e for a step up, so what is quoted is looked at unquoted.
    if _climbs(unquote(urlsplit(url).path).split("/")[1:], may_be_empty=True):
        raise InputRefusedError(f"{url[:300]} has a part '.' or '..', or a control character")
    return url


def check_bucket(source: S3Source, allowed: Sequence[str]) -> None:
    """Refuse what the settings do not allow jobs to read.

    Args:
        source: Where the object is.
        allowed: `bucket`, or `bucket/prefix`, which allows `bucket/prefix` and what is below it.

    Raises:
        InputRefusedError: None of them covers it.
    """
    whole = f"{source.bucket}/{source.key}"
    if not any(whole == each or whole.startswith(each.rstrip("/") + "/") for each in allowed):
        raise InputRefusedError(
            f"{source.url} is in no bucket that jobs may read; an administrator can allow it "
            "(MLMON_SCHEDULER_INPUT_BUCKETS)"
        )


def _climbs(parts: Sequence[str], *, may_be_empty: bool = False) -> bool:
    bad = {".", ".."} if may_be_empty else {"", ".", ".."}
    return any(part in bad for part in parts) or any(
        not character.isprintable() for part in parts for character in part
    )
