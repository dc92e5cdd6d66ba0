"""JSON as strictly as YAML is read: no repeated keys, no NaN, no depth without end."""

import json
import math
from typing import Any, Final, NoReturn

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.yaml_documents import DEPTH_LIMIT

_NOT_STORABLE: Final = "a text holds a NUL or half a character"


def load_json(body: bytes) -> object:
    """Return the value of a JSON document in UTF-8.

    Raises:
        InvalidRequestError: It is no JSON, or uses what is refused here.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise _refusal(f"not UTF-8, at byte {error.start}") from error
    except json.JSONDecodeError as error:
        where = f"(line {error.lineno}, column {error.colno})"
        raise _refusal(f"not JSON: {error.msg} {where}") from error
    except RecursionError as error:
        raise _refusal(f"nested deeper than {DEPTH_LIMIT} levels") from error
    except ValueError as error:
        # Python refuses to read integers of more than some thousand digits.
        raise _refusal("a number has too many digits") from error
    _check(value, DEPTH_LIMIT)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _refusal(f'the key "{key[:80]}" stands twice')
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _refusal(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _refusal(f"{text[:40]} is too large a number")
    return number


def _check(value: object, depth_left: int) -> None:
    if isinstance(value, str):
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
            raise _refusal(_NOT_STORABLE)
        return
    if not isinstance(value, dict | list):
        return
    if depth_left == 0:
        raise _refusal(f"nested deeper than {DEPTH_LIMIT} levels")
    for inner in value.values() if isinstance(value, dict) else value:
        _check(inner, depth_left - 1)
    for key in value if isinstance(value, dict) else ():
        _check(key, depth_left)


def _refusal(detail: str) -> InvalidRequestError:
    return InvalidRequestError.at("", detail)
