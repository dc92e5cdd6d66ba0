from typing import Any

import pytest

from mlmon_config_api.domain.catalog_readings import read_catalog
from mlmon_config_api.domain.references import Surroundings, in_order_of_dependencies
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.job_definitions import JobDefinition

NOTHING = Surroundings(pools=[], resources=[], definitions={})


def definition(name: object, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "image:1", "command": ["true"], **fields}


def faults_of(**lists: Any) -> list[str]:
    reading = read_catalog(lists)
    return [fault.pointer for fault in reading.find_faults(reading.added_to(NOTHING))]


def test_pool_that_cannot_be_read_is_there_and_takes_everything() -> None:
    large = definition("a", pools=["gpu"], resources={"cpu": 1000, "memory": "900Ti", "gpus": 60})

    assert faults_of(pools=[{"name": "gpu"}], job_definitions=[large]) == ["/pools/0/resources"]


def test_names_are_not_judged_beside_a_thing_without_one() -> None:
    wrong = {"resources": {"cpu": 1}}

    assert faults_of(pools=[wrong], job_definitions=[definition("a", pools=["x"])]) == [
        "/pools/0/name"
    ]
    assert faults_of(
        job_definitions=[definition(3), definition("b", depends_on=[{"job": "x"}])]
    ) == ["/job_definitions/0/name"]


def test_job_without_a_name_is_none_that_it_could_mean_itself() -> None:
    wrong = definition(
        "a b", depends_on=[{"job": "x"}], inputs=[{"from": "artifact:y/m", "to": "m"}]
    )
    pointers = ["/name", "/depends_on/0/job", "/inputs/0/from"]

    assert faults_of(job_definitions=[wrong]) == [f"/job_definitions/0{each}" for each in pointers]
    assert faults_of(job_definitions=[wrong, definition("c d")]) == [
        "/job_definitions/0/name",
        "/job_definitions/1/name",
    ]


def test_pool_contradicts_itself_beside_what_cannot_be_read() -> None:
    scaling = {"min_hosts": 2, "max_hosts": 1}
    wrong = {"name": "gpu", "resources": {"cpu": 1}, "network": "vpn", "scaling": scaling}

    assert faults_of(pools=[wrong]) == ["/pools/0/network", "/pools/0/scaling/min_hosts"]


def test_others_are_judged_beside_a_pool_that_is_wrong() -> None:
    lists = {"pools": [{"name": "gpu"}], "job_definitions": [definition("a", pools=["gpx"])]}

    assert faults_of(**lists) == ["/pools/0/resources", "/job_definitions/0/pools/0"]


def test_circle_is_told_at_each_of_its_jobs() -> None:
    one = definition("one", depends_on=[{"job": "two"}])
    two = definition("two", depends_on=[{"job": "one"}])

    assert faults_of(job_definitions=[one, two]) == [
        "/job_definitions/0/depends_on/0/job",
        "/job_definitions/1/depends_on/0/job",
    ]


@pytest.mark.parametrize("data", [[], "x", None, {"job_definition": []}, {"pools": {}}])
def test_what_holds_no_lists_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequestError):
        read_catalog(data)


def test_jobs_are_ordered_by_what_they_need() -> None:
    jobs = {
        name: JobDefinition.model_validate(definition(name, **fields))
        for name, fields in {
            "c": {"inputs": [{"from": "artifact:b/m", "to": "m"}]},
            "b": {"depends_on": [{"job": "a"}, {"job": "elsewhere"}]},
            "a": {},
        }.items()
    }

    assert in_order_of_dependencies(jobs) == ["a", "b", "c"]


def test_jobs_that_need_each_other_keep_their_order() -> None:
    jobs = {
        name: JobDefinition.model_validate(definition(name, depends_on=[{"job": other}]))
        for name, other in (("b", "a"), ("a", "b"))
    }

    assert in_order_of_dependencies(jobs) == ["b", "a"]
