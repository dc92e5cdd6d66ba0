"""Which passwords are refused."""

from typing import Final

MINIMUM_LENGTH: Final = 12
MAXIMUM_LENGTH: Final = 256
_MINIMUM_DISTINCT: Final = 5
_MINIMUM_OWN_WORD: Final = 4
_COMMON: Final = frozenset(
    {
        "access",
        "admin",
        "administrator",
        "asdfghjkl",
        "baseball",
        "changeme",
        "computer",
        "correcthorsebatterystaple",
        "default",
        "dragon",
        "football",
        "iloveyou",
        "letmein",
        "liverpool",
        "master",
        "mlmon",
        "monkey",
        "princess",
        "pass",
        "passw",
        "passphrase",
        "password",
        "passwordpassword",
        "qazwsxedc",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdfghjkl",
        "secret",
        "shadow",
        "starwars",
        "sunshine",
        "superman",
        "trustno",
        "unknown",
        "welcome",
        "whatever",
        "zxcvbnm",
    }
)
"""What remains of the passwords that are guessed first without digits and signs."""
_READ_AS: Final = str.maketrans("013457@$!", "oieastasi")
_SEQUENCE: Final = "01234567890123456789abcdefghijklmnopqrstuvwxyz"


def find_password_fault(password: str, *, name: str) -> str | None:
    """Say why a password cannot be taken, and what would do; None when it can.

    Args:
        password: As it was typed.
        name: Of its user.
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        return f"a password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters"
    lowered = password.lower()
    if len(set(lowered)) < _MINIMUM_DISTINCT:
        return f"a password has at least {_MINIMUM_DISTINCT} different characters"
    own = name.split("@", maxsplit=1)[0]
    if len(own) >= _MINIMUM_OWN_WORD and own in lowered:
        return "a password does not hold the user's name"
    if (
        lowered in _SEQUENCE
        or lowered[::-1] in _SEQUENCE
        or not _words(lowered).isdisjoint(_COMMON)
    ):
        return "this password is one of the first to be guessed; a few random words do"
    return None


def _words(lowered: str) -> set[str]:
    """Return what a list of words would have of it: no signs, digits read as letters."""
    plain = "".join(letter for letter in lowered if letter.isalpha())
    stripped = lowered.strip("0123456789!?.,-_#*$@ ")
    read = "".join(letter for letter in stripped.translate(_READ_AS) if letter.isalpha())
    return {plain, read}
