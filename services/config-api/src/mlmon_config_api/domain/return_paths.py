"""Where to go after signing in: a page of ours and nowhere else."""

from typing import Final

START: Final = "/"
_LIMIT: Final = 1000


def safe_return_path(wanted: str | None) -> str:
    """Return the path if it is one on this server, else the start page.

    Browsers take two slashes of either kind, and what hides behind tabs, for another server.
    """
    if (
        not wanted
        or len(wanted) > _LIMIT
        or not wanted.startswith("/")
        or wanted[1:2] in {"/", "\\"}
        or "\\" in wanted
        or any(ord(letter) <= ord(" ") or ord(letter) > ord("~") for letter in wanted)
    ):
        return START
    return wanted
