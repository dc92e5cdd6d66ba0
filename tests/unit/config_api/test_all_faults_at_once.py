"""No fault of a definition hides another one, and none is told that only follows from another."""

from typing import Any

import pytest

from mlmon_config_api.domain.definitions import check_definition
from mlmon_config_api.domain.readings import read_definition
from mlmon_config_api.domain.references import Surroundings
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.secrets import SealedSecret

SURROUNDINGS = Surroundings(
    pools=[
        Pool(name="cpu", resources={"cpu": 2, "memory": "2Gi"}),
        Pool(name="big", resources={"cpu": 8, "memory": "8Gi"}),
    ],
    resources=[],
    definitions={
        "train": JobDefinition(
            name="train", image="i:1", command=["c"], outputs=[{"path": "model"}]
        )
    },
    archived=["old"],
    secrets=[
        SealedSecret(
            name="theirs", version=1, clients="any", jobs=["other"], sealed_for="k", sealed="s"
        )
    ],
)


def pointers_of(changed: dict[str, Any]) -> list[str]:
    data = {"name": "new", "image": "i:1", "command": ["c"], **changed}
    with pytest.raises(InvalidRequestError) as caught:
        check_definition(read_definition(data), SURROUNDINGS)
    return sorted(fault["pointer"] for fault in caught.value.errors)


TOGETHER: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "of a schedule: shape, cron, overlap and parameters",
        {
            "schedule": {"cron": "61 * * * *", "timezone": "Mars", "overlap": "queue_one"},
            "join": "any",
            "parameters": {"required": ["month"], "properties": {"month": {"type": "integr"}}},
            "priority": "high",
        },
        {
            "/schedule",
            "/schedule/cron",
            "/schedule/timezone",
            "/schedule/overlap",
            "/parameters/properties/month/type",
            "/priority",
        },
    ),
    (
        "a schedule without cron and with a bad misfire",
        {"schedule": {"misfire": {"fire_all": 0}, "jitter": "x"}, "pools": ["nowhere"]},
        {"/schedule/cron", "/schedule/misfire", "/schedule/jitter", "/pools/0"},
    ),
    (
        "several words and names",
        {
            "command": ["{{ a }}", "ok", "{{ b }} {{ c }}", "{{ params.y }}"],
            "environment": {"MLMON_A": "x", "MLMON_B": "x", "1": "y", "OK": "{{ e }}"},
            "parameters": {"properties": {"x": {}}},
        },
        {
            "/command/0",
            "/command/2",
            "/command/3",
            "/environment/MLMON_A",
            "/environment/MLMON_B",
            "/environment/1",
            "/environment/OK",
        },
    ),
    (
        "items after a bad one keep their positions",
        {
            "depends_on": [
                {"job": "a b"},
                {"job": "nobody"},
                {"job": "train", "scope": "batch", "when": "failed", "within": "1h"},
                {"job": "new"},
                {"job": "old"},
                {"job": "train"},
            ],
            "pools": [5, "nowhere", "cpu", "cpu"],
        },
        {
            "/depends_on/0/job",
            "/depends_on/1/job",
            "/depends_on/2/when",
            "/depends_on/2/within",
            "/depends_on/3/job",
            "/depends_on/4/job",
            "/depends_on/5/job",
            "/pools/0",
            "/pools/1",
            "/pools/3",
        },
    ),
    (
        "a size, and another resource that fits nowhere",
        {"resources": {"memory": "8GB", "cpu": 64}, "pools": ["nowhere"]},
        {"/resources/memory", "/resources", "/pools/0"},
    ),
    (
        "a bad name, an unknown secret, an unknown upstream job, an unknown input",
        {
            "name": "-",
            "secrets": {"A": "nothing", "B": "theirs"},
            "depends_on": [{"job": "nobody"}],
            "inputs": [{"from": "artifact:nothing/x", "to": "x"}, {"from": "x", "to": "/y"}],
        },
        {
            "/name",
            "/secrets/A",
            "/depends_on/0/job",
            "/inputs/0/from",
            "/inputs/1/from",
            "/inputs/1/to",
        },
    ),
    (
        "rules, outputs and labels",
        {
            "retries": {"rules": [{"action": "retry"}, {"action": "no", "exit_codes": [0]}]},
            "outputs": [{"path": "a"}, {"path": "a"}, {"path": "../b"}, {"kind": "file"}],
            "labels": {"a b": "c"},
        },
        {
            "/retries/rules/0",
            "/retries/rules/1/action",
            "/retries/rules/1/exit_codes/0",
            "/outputs/1",
            "/outputs/2/path",
            "/outputs/3/path",
            "/labels/a b",
        },
    ),
    (
        "parameters of no type, with a schedule and templates",
        {
            "parameters": {"properties": 5, "required": 7},
            "schedule": {"cron": "x"},
            "secrets": {"A": "nothing"},
        },
        {
            "/parameters/properties",
            "/parameters/required",
            "/schedule/cron",
            "/secrets/A",
        },
    ),
]


@pytest.mark.parametrize(
    ("changed", "pointers"), [pytest.param(*case[1:], id=case[0]) for case in TOGETHER]
)
def test_faults_are_told_together(changed: dict[str, Any], pointers: set[str]) -> None:
    assert pointers_of(changed) == sorted(pointers)


FOLLOWING: list[tuple[str, dict[str, Any], str]] = [
    (
        "an input whose dependency cannot be read",
        {
            "depends_on": [{"job": "train", "scope": "btach"}],
            "inputs": [{"from": "artifact:train/model", "to": "models/"}],
        },
        "/depends_on/0/scope",
    ),
    (
        "percent, when the scope cannot be read",
        {"depends_on": [{"job": "train", "scope": "btach", "percent": 50}]},
        "/depends_on/0/scope",
    ),
    (
        "an artifact of the job's own, when its outputs cannot be read",
        {
            "inputs": [{"from": "artifact:new/x", "to": "x"}],
            "outputs": [{"path": "/x"}],
        },
        "/outputs/0/path",
    ),
    (
        "an artifact of the job's own, when its name cannot be read",
        {
            "name": "new.",
            "inputs": [{"from": "artifact:new./x", "to": "x"}],
            "outputs": [{"path": "x"}],
        },
        "/name",
    ),
    (
        "a secret for jobs, when the name cannot be read",
        {"name": 5, "secrets": {"A": "theirs"}},
        "/name",
    ),
    (
        "what fits, when a pool cannot be read",
        {"pools": ["cpu", 5], "resources": {"cpu": 8}},
        "/pools/1",
    ),
    (
        "a rule without its only code",
        {"retries": {"rules": [{"action": "retry", "exit_codes": [0]}]}},
        "/retries/rules/0/exit_codes/0",
    ),
]


@pytest.mark.parametrize(
    ("changed", "pointer"), [pytest.param(*case[1:], id=case[0]) for case in FOLLOWING]
)
def test_what_follows_from_a_fault_is_not_told(changed: dict[str, Any], pointer: str) -> None:
    assert pointers_of(changed) == [pointer]


def test_required_parameter_may_be_declared_by_a_boolean_schema() -> None:
    changed = {
        "schedule": {"cron": "0 2 * * *"},
        "parameters": {"required": ["month"], "properties": {"month": True}},
    }

    assert pointers_of(changed) == ["/schedule"]


@pytest.mark.parametrize("data", [None, 5, [], "text", {}])
def test_what_is_no_definition_at_all_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequestError):
        check_definition(read_definition(data), SURROUNDINGS)
