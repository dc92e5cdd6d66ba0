from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mlmon_report_writer.domain.changes import Change, can_follow, collapse, is_complete
from mlmon_report_writer.domain.events import Event, Kind

AT = datetime(2026, 1, 5, tzinfo=UTC)


def event(rv: int, *, kind: Kind = Kind.RUN, thing: str = "run-1", **fields: str) -> Event:
    return Event(f"{rv}-0", kind, thing, rv, AT, fields)


def test_fields_merge_in_the_order_of_the_stream() -> None:
    found = collapse([event(1, state="queued", reason="x"), event(2, state="leased", agent="a")])

    assert found[Kind.RUN]["run-1"] == Change(
        "run-1", 2, {"state": "leased", "reason": "x", "agent": "a"}
    )


def test_older_rv_changes_nothing() -> None:
    found = collapse([event(4, state="leased"), event(3, state="queued", reason="old")])

    assert found[Kind.RUN]["run-1"] == Change("run-1", 4, {"state": "leased"})


def test_same_rv_follows_in_the_order_of_the_stream() -> None:
    first = event(2, kind=Kind.ATTEMPT, thing="run-1.1", progress="0.2")
    second = event(2, kind=Kind.ATTEMPT, thing="run-1.1", progress="0.4")

    found = collapse([first, second])

    assert found[Kind.ATTEMPT]["run-1.1"].fields["progress"] == "0.4"


def test_final_state_stays() -> None:
    found = collapse([event(3, state="succeeded"), event(4, state="running")])

    assert found[Kind.RUN]["run-1"] == Change("run-1", 3, {"state": "succeeded"})


def test_final_run_still_takes_changes_that_leave_its_state() -> None:
    found = collapse([event(3, state="succeeded"), event(4, metrics="{}")])

    assert found[Kind.RUN]["run-1"].fields == {"state": "succeeded", "metrics": "{}"}


def test_things_with_equal_ids_of_other_kinds_stay_apart() -> None:
    found = collapse([event(1, thing="x"), event(1, kind=Kind.BATCH, thing="x")])

    assert list(found[Kind.RUN]) == ["x"]
    assert list(found[Kind.BATCH]) == ["x"]


def test_change_without_required_fields_is_not_complete() -> None:
    change = Change("b", 1, {"state": "running", "total": "", "created_at": "1"})

    assert not is_complete(Kind.BATCH, change)
    assert is_complete(Kind.BATCH, Change("b", 1, {**change.fields, "total": "2"}))


@given(
    rvs=st.lists(st.integers(1, 6), min_size=1, max_size=8).map(sorted),
    states=st.lists(st.sampled_from(["queued", "running", "failed"]), min_size=8),
    cut=st.integers(0, 8),
)
def test_result_does_not_depend_on_where_a_batch_ends(
    rvs: list[int], states: list[str], cut: int
) -> None:
    events = [event(rv, state=state) for rv, state in zip(rvs, states, strict=False)]
    whole = collapse(events)[Kind.RUN]["run-1"]

    known = None
    for part in (events[:cut], events[cut:]):
        change = collapse(part)[Kind.RUN].get("run-1")
        if change is None:
            continue
        state = change.fields.get("state")
        if known is None:
            known = change
        elif can_follow(Kind.RUN, known, rv=change.rv, state=state):
            known = Change(known.id, change.rv, {**known.fields, **change.fields})

    assert known == whole
