import pytest
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.quantities import parse_duration, parse_size


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (0, 0),
        (5, 5),
        ("5", 5),
        (" 8Gi ", 8 * 2**30),
        ("1.5Gi", 3 * 2**29),
        ("500M", 500_000_000),
        ("2k", 2000),
        ("1Ti", 2**40),
    ],
)
def test_sizes_are_bytes(written: object, size: int):
    assert parse_size(written) == size


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("8gi", '"8gi" is not a size; did you mean "8G" or "8Gi"?'),
        ("8GB", '"8GB" is not a size; did you mean "8G" or "8Gi"?'),
        ("8K", '"8K" is not a size; did you mean "8k" or "8Ki"?'),
        ("8x", '"8x" is not a size; the units are k, M, G, T, Ki, Mi, Gi, Ti'),
        ("lots", '"lots" is not a size; write bytes, or text such as "500M" or "8Gi"'),
        (True, 'True is not a size; write bytes, or text such as "500M" or "8Gi"'),
        (None, 'None is not a size; write bytes, or text such as "500M" or "8Gi"'),
        (-1, "a size lies between 0 and 1 EiB"),
        ("2000000Ti", "a size lies between 0 and 1 EiB"),
    ],
)
def test_other_sizes_are_refused_with_the_nearest(written: object, message: str):
    with pytest.raises(PydanticCustomError) as caught:
        parse_size(written)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (0, 0.0),
        (1.5, 1.5),
        ("90", 90.0),
        ("90s", 90.0),
        ("20m", 1200.0),
        ("2h", 7200.0),
        ("1d", 86400.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("0.5h", 1800.0),
    ],
)
def test_durations_are_seconds(written: object, seconds: float):
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "soon", "1w", "h", "1h 30m", "-5s", "1hx", None, True, [], "1e3"]
)
def test_other_durations_are_refused_with_examples(written: object):
    with pytest.raises(PydanticCustomError, match=r'write seconds, or text such as "90s"'):
        parse_duration(written)


@pytest.mark.parametrize("written", [-1, "366d", float("inf"), float("nan")])
def test_durations_are_limited(written: object):
    with pytest.raises(PydanticCustomError, match="between 0 and 365 days"):
        parse_duration(written)
