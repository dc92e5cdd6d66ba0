import pytest

from mlmon_shared.errors import ForbiddenError
from mlmon_shared.visibility import (
    EVERYTHING,
    HIDDEN,
    Visibility,
    batch_extent,
    check_submissions,
)

ACME = Visibility(clients=frozenset({"acme"}))
TRAIN_OF_ACME = Visibility(clients=frozenset({"acme"}), jobs=frozenset({"train"}))
OTHER = "01a20b8a-8606-77df-b5e6-3341ca4a6239"


@pytest.mark.parametrize(
    ("visibility", "client", "job", "is_seen"),
    [
        (EVERYTHING, "bolt", "score", True),
        (ACME, "acme", "score", True),
        (ACME, "bolt", "score", False),
        (TRAIN_OF_ACME, "acme", "train", True),
        (TRAIN_OF_ACME, "acme", "score", False),
        (Visibility(jobs=frozenset()), "acme", "train", False),
    ],
)
def test_run_is_seen_when_both_its_client_and_its_job_are(visibility, client, job, is_seen):
    assert visibility.sees(client=client, job=job) is is_seen


def test_narrowing_keeps_what_both_see():
    narrowed = TRAIN_OF_ACME.narrowed(Visibility(clients=frozenset({"acme", "bolt"})))

    assert narrowed == TRAIN_OF_ACME
    assert ACME.narrowed(EVERYTHING) == ACME
    assert ACME.narrowed(Visibility(clients=frozenset({"bolt"}))).clients == frozenset()


@pytest.mark.parametrize(
    ("fields", "is_seen"),
    [
        (batch_extent({"acme"}, {"train", "score"}), True),
        (batch_extent({"acme", "bolt"}, {"train"}), False),
        (batch_extent({f"client-{number}" for number in range(101)}, {"train"}), False),
        ({}, False),
    ],
)
def test_batch_is_seen_when_every_run_of_it_is(fields, is_seen):
    assert ACME.sees_batch(fields) is is_seen
    assert EVERYTHING.sees_batch(fields)


def test_every_client_and_job_that_is_not_the_token_s_is_named_where_it_stands():
    with pytest.raises(ForbiddenError) as raised:
        check_submissions(
            TRAIN_OF_ACME,
            {
                ("acme", "train"): "/items/0",
                ("bolt", "train"): "/items/1",
                ("acme", "x"): "/items/2",
            },
        )

    assert [fault["pointer"] for fault in raised.value.extras["errors"]] == [
        "/items/1/client",
        "/items/2/job",
    ]
    assert "limited to the client acme" in raised.value.detail


@pytest.mark.parametrize(
    "reason",
    [
        "Its dependency train of bolt failed: bolt has no data.",
        f"Its dependency train (run {OTHER}) failed.",
        "The run is final; it was skipped: Its dependency train of bolt failed.",
    ],
)
def test_reason_tells_nothing_of_others(reason):
    redacted = ACME.redact(reason)

    assert redacted is not None
    assert "bolt" not in redacted
    assert OTHER not in redacted
    assert HIDDEN in redacted
    assert EVERYTHING.redact(reason) == reason


@pytest.mark.parametrize(
    "reason",
    [
        f"Its dependency train (run {OTHER}) failed.",
        "Its dependency train of acme failed: the dependency numpy of scipy is missing.",
        'The command ended with exit code 1. Its last words: "no dependency x of y"',
    ],
)
def test_reason_keeps_what_is_the_token_s_own(reason):
    assert ACME.redact(reason, known={OTHER}) == reason


def test_holders_of_a_gate_are_not_named():
    assert ACME.redact_ids(f"It is full, by {OTHER}, {OTHER}.") == f"It is full, by {HIDDEN}."
