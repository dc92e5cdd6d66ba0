from typing import Any

import pytest

from mlmon_scheduler.domain.reruns import (
    Selection,
    children_of,
    descend,
    parents_within,
    rebuild_link,
)
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.runs import DependencyDocument, RunDocument

NOW = "2026-01-05T12:00:00Z"


def a_run(run_id: str, *links: dict[str, Any], state: str = "succeeded") -> RunDocument:
    return RunDocument.model_validate(
        {
            "id": run_id,
            "job": "job",
            "version": 1,
            "client": "acme",
            "state": state,
            "priority": 50,
            "image": "image",
            "resources": Resources().model_dump(),
            "created_at": NOW,
            "rv": 1,
            "depends_on": [{"job": "job", **link} for link in links],
        }
    )


def among(*runs: RunDocument, chosen: list[str], **members: list[str]) -> Selection:
    return Selection(chosen, {run.id: run for run in runs}, members)


def test_downstream_goes_through_chains_and_fan_ins():
    runs = [
        a_run("a"),
        a_run("b", {"run": "a"}),
        a_run("c", {"run": "b"}, {"run": "a"}),
        a_run("sum", {"group": "g", "expected": 2}),
        a_run("last", {"run": "sum"}),
        a_run("apart"),
    ]
    children = children_of(runs, {"g": ["b", "apart"]})

    assert descend(["a"], children) == ["b", "c", "sum", "last"]
    assert descend(["apart"], children) == ["sum", "last"]
    assert descend(["last"], children) == []


def test_edge_among_the_repeated_leads_to_the_new_run():
    selection = among(a_run("a"), a_run("b", {"run": "a"}), chosen=["a", "b"])
    link = DependencyDocument(job="job", run="a", when="failed", missing="wait", within=60)

    rebuilt = rebuild_link(link, selection, {"a": "new-a", "b": "new-b"})

    assert rebuilt == DependencyDocument(job="job", run="new-a", when="failed")
    assert parents_within(selection.known["b"], selection, {"a", "b"}) == ["a"]


@pytest.mark.parametrize(("state", "outcome"), [("failed", "failed"), ("running", None)])
def test_edge_to_another_run_carries_how_that_ended(state: str, outcome: str | None):
    selection = among(a_run("a", state=state), a_run("b", {"run": "a"}), chosen=["b"])

    rebuilt = rebuild_link(DependencyDocument(job="job", run="a"), selection, {"b": "new-b"})

    assert (rebuilt.run, rebuilt.outcome) == ("a", outcome)


def test_outcome_that_was_decided_before_stays():
    selection = among(a_run("b"), chosen=["b"])
    link = DependencyDocument(job="job", run="long-gone", outcome="succeeded")

    assert rebuild_link(link, selection, {"b": "new"}) == link


def test_run_that_was_never_found_is_looked_for_again():
    selection = among(a_run("b"), chosen=["b"])
    link = DependencyDocument(job="train", missing="skip", within=60)

    assert rebuild_link(link, selection, {"b": "new"}) == link


def test_what_was_waited_on_and_is_not_repeated_is_told():
    runs = [a_run("a"), a_run("b", {"run": "a"}, {"run": "x"}, {"group": "g", "expected": 2})]
    selection = among(*runs, chosen=["a", "b"], g=["a", "y"])

    assert selection.outside() == ["x", "y"]
    assert selection.outcome_of("x") is None
