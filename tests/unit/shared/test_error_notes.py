import traceback

from mlmon_shared.errors import InvalidRequestError


def test_a_traceback_shows_every_fault() -> None:
    faults = [{"pointer": "/a", "detail": "is wrong"}, {"pointer": "", "detail": "is missing"}]

    shown = traceback.format_exception(InvalidRequestError("/a: is wrong (and 1 more)", faults))

    assert "".join(shown).splitlines()[-3:] == [
        "mlmon_shared.errors.InvalidRequestError: /a: is wrong (and 1 more)",
        "/a: is wrong",
        "/: is missing",
    ]


def test_a_single_fault_is_not_shown_twice() -> None:
    error = InvalidRequestError.at("/a", "is wrong")

    assert "".join(traceback.format_exception(error)).count("is wrong") == 1
