"""What stores answer when they are asked for several things at once."""

from collections.abc import Sequence
from typing import TypeVar

AnswerT = TypeVar("AnswerT")


def only(answers: Sequence[AnswerT | Exception]) -> AnswerT:
    """Return the one answer, or raise it."""
    (answer,) = answers
    if isinstance(answer, Exception):
        raise answer
    return answer
