from typing import Any

import pytest

from mlmon_config_api.domain.definitions import check_definition
from mlmon_config_api.domain.fitting import find_resource_faults
from mlmon_config_api.domain.readings import read_definition
from mlmon_config_api.domain.references import (
    Surroundings,
    find_dependency_faults,
    find_input_faults,
)
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.jobs.faults import Fault, join_words
from mlmon_shared.jobs.parameter_schemas import find_schema_faults
from mlmon_shared.jobs.parameters import ParameterChecker
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

A_DEFAULT = "/parameters/properties/a/default"
NOTHING = Surroundings(pools=[], resources=[], definitions={})


def a_job(name: str, *upstream: str, **changed: object) -> JobDefinition:
    return JobDefinition(
        name=name,
        image="i",
        command=["c"],
        depends_on=[{"job": job} for job in upstream],
        **changed,
    )


def among(*jobs: JobDefinition) -> Surroundings:
    return Surroundings(pools=[], resources=[], definitions={job.name: job for job in jobs})


def a_pool(name: str, cpu: float, memory: int = 2**30, gpus: int = 0) -> Pool:
    return Pool(name=name, resources=Resources(cpu=cpu, memory=memory, gpus=gpus))


def test_diamond_is_no_cycle() -> None:
    stored = among(a_job("top"), a_job("left", "top"), a_job("right", "top"))

    assert find_dependency_faults(a_job("bottom", "left", "right"), stored) == []


def test_long_cycle_is_named_from_the_job_that_would_close_it() -> None:
    stored = among(a_job("a"), a_job("b", "a"), a_job("c", "b"))

    faults = find_dependency_faults(a_job("a", "c"), stored)

    assert faults == [Fault("/depends_on/0/job", "the dependencies form a cycle: a → c → b → a")]


def test_version_that_drops_an_edge_opens_its_cycle() -> None:
    stored = among(a_job("a", "b"), a_job("b"))

    assert find_dependency_faults(a_job("a"), stored) == []
    assert find_dependency_faults(a_job("b"), stored) == []


def test_ten_thousand_jobs_in_a_row_are_walked() -> None:
    jobs = [a_job("j0"), *(a_job(f"j{n}", f"j{n - 1}") for n in range(1, 10_000))]

    faults = find_dependency_faults(a_job("j0", "j9999"), among(*jobs))

    assert len(faults) == 1


def test_own_earlier_artifact_may_be_an_input() -> None:
    data = {
        "name": "train",
        "image": "i",
        "command": ["c"],
        "inputs": [{"from": "artifact:train/model", "to": "old-model"}],
        "outputs": [{"path": "model"}],
    }

    assert check_definition(read_definition(data), NOTHING).name == "train"


def test_checkpoint_of_another_job_is_no_input() -> None:
    stored = a_job("train", outputs=[{"path": "state", "kind": "checkpoint"}, {"path": "model"}])
    wanted = {"from": "artifact:train/state", "to": "state"}

    faults = find_input_faults(a_job("score", inputs=[wanted]), among(stored))

    assert [fault.detail for fault in faults] == [
        'the job "train" has no output "state"; its outputs are model'
    ]


@pytest.mark.parametrize(
    ("pools", "needed", "detail"),
    [
        (
            [a_pool("small", 2), a_pool("large", 16)],
            Resources(cpu=64),
            "needs 64 cores; the largest host of pool large has 16",
        ),
        (
            [a_pool("cpu", 32, 2**35), a_pool("gpu", 4, 2**34, gpus=1)],
            Resources(cpu=8, memory=2**33, gpus=1),
            "needs 8 cores; the largest host of pool gpu has 4",
        ),
        (
            [a_pool("cpu", 0.5)],
            Resources(cpu=1),
            "needs 1 core; the largest host of pool cpu has 0.5",
        ),
    ],
)
def test_pool_that_lacks_least_is_named(pools: list[Pool], needed: Resources, detail: str) -> None:
    faults = find_resource_faults(a_job("a", resources=needed), Surroundings(pools, [], {}))

    assert faults == [Fault("/resources", detail)]


def test_only_named_pools_count_for_the_fit() -> None:
    surroundings = Surroundings([a_pool("small", 1), a_pool("large", 8)], [], {})
    job = a_job("a", pools=["small"], resources=Resources(cpu=4))

    faults = find_resource_faults(job, surroundings)

    assert [fault.detail for fault in faults] == [
        "needs 4 cores; the largest host of pool small has 1"
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {}}},
        {"properties": {"type": {"type": "string"}, "$ref": {"type": "integer"}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    ],
)
def test_sound_schemas_pass(schema: dict[str, Any]) -> None:
    assert find_schema_faults(schema) == []


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"$ref": "#"}, "/parameters"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "/parameters/properties/a/$ref"),
        ({"properties": {"a": {"type": "integer", "default": "x"}}}, A_DEFAULT),
        ({"properties": {"a": {"items": {"minimum": 5}, "default": [5, 1]}}}, f"{A_DEFAULT}/1"),
        (
            {"properties": {"a": {"$ref": "#/$defs/b", "default": 1}}, "$defs": {"b": False}},
            A_DEFAULT,
        ),
    ],
)
def test_schema_that_would_refuse_or_break_its_runs_is_refused(
    schema: dict[str, Any], pointer: str
) -> None:
    assert [fault.pointer for fault in find_schema_faults(schema)] == [pointer]


@pytest.mark.parametrize(
    "schema", [{"$ref": "#"}, {"properties": {"a": {"$ref": "#/$defs/b"}}}], ids=["loop", "nowhere"]
)
def test_run_of_a_stored_schema_that_cannot_be_followed_is_refused(schema: dict[str, Any]) -> None:
    (fault,) = ParameterChecker(schema).find_faults({"a": 1}, at="/params")

    assert fault["pointer"] == "/params"


def test_schema_of_another_draft_is_refused() -> None:
    faults = find_schema_faults({"$schema": "http://json-schema.org/draft-04/schema#"})

    assert [fault.pointer for fault in faults] == ["/parameters/$schema"]


def test_parameters_without_properties_allow_any_template() -> None:
    data = {"name": "a", "image": "i", "command": ["{{ params.anything }}"]}

    assert check_definition(read_definition(data), NOTHING).command == ["{{ params.anything }}"]


def test_faults_of_fields_and_of_references_come_together() -> None:
    data = {"name": "a", "image": "i", "command": [], "depends_on": [{"job": "b"}]}

    with pytest.raises(InvalidRequestError) as caught:
        check_definition(read_definition(data), NOTHING)

    assert [fault["pointer"] for fault in caught.value.errors] == [
        "/command",
        "/depends_on/0/job",
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_joined(words: list[str], text: str) -> None:
    assert join_words(words) == text
