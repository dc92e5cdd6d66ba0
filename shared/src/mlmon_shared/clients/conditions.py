"""Conditions that calls put on what they change."""

import re
from typing import Final

from mlmon_shared.errors import InvalidRequestError

_TAG: Final = re.compile(r"[!#-~]{1,200}")
"""What may stand between the quotes of an entity tag, as ours are made."""


def if_match(etag: str | None) -> dict[str, str]:
    """Return the headers that refuse a change of what is not as it was read.

    Args:
        etag: Of what was read; shells take its quotes away, so they may be missing. None for
            no condition.

    Raises:
        InvalidRequestError: It is no entity tag.
    """
    if etag is None:
        return {}
    text = etag.strip().removeprefix('"').removesuffix('"')
    if not _TAG.fullmatch(text):
        raise InvalidRequestError(
            "if_match: this is no ETag; take the etag of what was read, such as 0123abcd"
        )
    return {"If-Match": f'"{text}"'}
