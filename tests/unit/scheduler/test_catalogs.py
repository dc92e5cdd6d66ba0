from typing import Any

import pytest

from mlmon_scheduler.domain.catalogs import Catalog, CheckedRun, DefinitionVersion, check_run
from mlmon_shared.wire.catalog import Client, CurrentDefinition, NamedResource, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.secrets import SealedSecret

PARAMETERS = {
    "type": "object",
    "properties": {
        "month": {"type": "integer", "maximum": 12, "default": 12},
        "name": {"type": "string"},
        "options": {
            "type": "object",
            "properties": {"depth": {"type": "integer", "default": 3}},
            "additionalProperties": False,
        },
    },
    "patternProperties": {"^x_": {"type": "integer"}},
    "additionalProperties": False,
    "required": ["name"],
}


def a_definition(name: str = "score", **fields: Any) -> JobDefinition:
    return JobDefinition.model_validate(
        {"name": name, "image": "image:1", "command": ["x"], "parameters": PARAMETERS, **fields}
    )


def a_catalog(*definitions: JobDefinition, version: int = 3, **fields: Any) -> Catalog:
    return Catalog.of(
        Snapshot(
            **fields,
            config_revision=1,
            job_definitions=[
                CurrentDefinition(name=definition.name, version=version, definition=definition)
                for definition in definitions or (a_definition(),)
            ],
            clients=[Client(name="acme"), Client(name="bolt")],
            pools=[
                Pool(name="cpu", resources=Resources(cpu=4)),
                Pool(name="large", resources=Resources(cpu=32)),
            ],
            resources=[NamedResource(name="warehouse", capacity=2)],
            tokens=[],
        )
    )


def check(catalog: Catalog | None = None, **changed: Any) -> tuple[CheckedRun | None, Any]:
    given: dict[str, Any] = {
        "job": "score", "version": None, "client": "acme", "params": {"name": "x"}, "at": "",
    }  # fmt: skip
    checked, faults = check_run(catalog or a_catalog(), **{**given, **changed})
    return checked, {fault["pointer"]: fault["detail"] for fault in faults}


def test_good_run_gets_the_current_version_and_defaults():
    checked, faults = check()

    assert faults == {}
    assert checked is not None
    assert checked.version.version == 3
    assert checked.params == {"month": 12, "name": "x"}


def test_archived_job_is_refused_with_the_remedy():
    catalog = a_catalog(a_definition("other"), archived_jobs=["score"])

    checked, faults = check(catalog)

    assert checked is None
    assert faults == {
        "/job": 'the job "score" is archived; restore it first (mlmon jobs restore score)'
    }


def test_live_run_of_an_archived_job_has_its_version_still():
    catalog = a_catalog(a_definition("other"), archived_jobs=["score"])
    catalog.older["score", 3] = DefinitionVersion(3, a_definition())

    assert catalog.find_version("score", None) is None
    assert catalog.find_version("score", 3) is not None


def test_given_parameter_stands_over_its_default():
    checked, _ = check(params={"name": "x", "month": 1})

    assert checked is not None
    assert checked.params["month"] == 1


def test_unknown_job_and_client_are_both_named_with_the_nearest():
    checked, faults = check(job="scor", client="acm", at="/items/4")

    assert checked is None
    assert faults == {
        "/items/4/client": 'no client is named "acm"; did you mean "acme"?',
        "/items/4/job": 'no job is named "scor"; did you mean "score"?',
    }


def test_name_that_resembles_nothing_gets_no_suggestion():
    _, faults = check(job="zzz")

    assert faults == {"/job": 'no job is named "zzz"'}


def test_unknown_version_is_named_with_the_newest():
    _, faults = check(version=9)

    assert faults == {"/version": "score has no version 9; the newest is 3"}


def test_loaded_older_version_is_used():
    catalog = a_catalog()
    older = DefinitionVersion(2, a_definition(image="old:1"))
    catalog.older["score", 2] = older

    checked, _ = check(catalog, version=2)

    assert checked is not None
    assert checked.version is older


@pytest.mark.parametrize(
    ("params", "faults"),
    [
        ({"name": "x", "month": 13}, {"/params/month": "13 is greater than the maximum of 12"}),
        ({"name": 5}, {"/params/name": "5 is not of type 'string'"}),
        ({}, {"/params": "'name' is a required property"}),
        (
            {"name": "x", "mont": 1},
            {"/params/mont": 'no parameter is named "mont"; did you mean "month"?'},
        ),
        (
            {"name": "x", "options": {"dept": 1}},
            {"/params/options/dept": 'no parameter is named "dept"; did you mean "depth"?'},
        ),
        ({"name": "x", "a/b~": 1}, {"/params/a~1b~0": 'no parameter is named "a/b~"'}),
        ({"name": "x", "x_1": 1, "y_1": 1}, {"/params/y_1": 'no parameter is named "y_1"'}),
        ({"name": "x", "x_1": "one"}, {"/params/x_1": "'one' is not of type 'integer': \"one\""}),
        (
            {"month": 13},
            {
                "/params": "'name' is a required property",
                "/params/month": "13 is greater than the maximum of 12",
            },
        ),
    ],
)
def test_parameters_outside_the_schema_are_faults_at_their_place(
    params: dict[str, Any], faults: dict[str, str]
):
    assert check(params=params) == (None, faults)


@pytest.mark.parametrize("params", [{"x_1": 1}, {"options": {"depth": 1}}, {"options": {}}])
def test_parameters_inside_the_schema_pass(params: dict[str, Any]):
    checked, _ = check(params={"name": "x", **params})

    assert checked is not None


def test_job_without_parameters_takes_none():
    catalog = a_catalog(a_definition(parameters={}))

    assert check(catalog, params={})[1] == {}
    _, faults = check(catalog, params={"month": 1})
    assert faults == {"/params/month": "this job declares no parameters; leave it out"}


def test_default_that_is_outside_its_own_schema_is_a_fault():
    parameters = {"properties": {"month": {"type": "integer", "default": "May"}}}
    _, faults = check(a_catalog(a_definition(parameters=parameters)), params={})

    assert list(faults) == ["/params/month"]


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (float("nan"), "nan is not a number that JSON has"),
        (float("-inf"), "-inf is not a number that JSON has"),
        ("\udc00", "the text holds half a character (a lone surrogate)"),
        ({"\udc00": 1}, "a name holds half a character (a lone surrogate)"),
    ],
)
def test_parameter_that_nobody_could_read_back_is_a_fault(value: Any, detail: str):
    catalog = a_catalog(a_definition(parameters={"type": "object"}))

    _, faults = check(catalog, params={"deep": [{"er": value}]})

    assert faults == {"/params/deep/0/er": detail}


def test_nesting_is_limited():
    value: Any = 1
    for _ in range(5000):
        value = [value]

    _, faults = check(a_catalog(a_definition(parameters={"type": "object"})), params={"a": value})

    assert faults == {"/params": "parameters may be nested 100 deep"}


def test_resources_that_fit_no_allowed_pool_are_a_fault():
    wanted: dict[str, Any] = {"resources": {"cpu": 8}}

    assert check(a_catalog(a_definition(**wanted)))[1] == {}
    _, faults = check(a_catalog(a_definition(**wanted, pools=["cpu"])))
    assert faults == {
        "/job": "score cannot be placed: no host is large enough; the nearest is pool cpu, "
        "which has 4 cores where 8 are asked for"
    }


def test_more_of_a_resource_than_its_capacity_is_a_fault():
    def taking(amount: int) -> Catalog:
        return a_catalog(a_definition(concurrency={"resources": {"warehouse": amount}}))

    assert check(taking(2))[1] == {}
    assert check(taking(3))[1] == {
        "/job": "score could never start: it takes 3 of warehouse, whose capacity is 2"
    }


@pytest.mark.parametrize(
    ("secrets", "client", "fault"),
    [
        ([], "acme", {"/job": 'the secret "db", which does not exist'}),
        ([{"jobs": ["other"]}], "acme", {"/job": "which is not for this job"}),
        ([{"clients": ["acme"]}], "bolt", {"/client": 'not for the client "bolt"'}),
        ([{"clients": ["acme"], "jobs": ["score"]}], "acme", {}),
        ([{}], "bolt", {}),
    ],
)
def test_run_is_refused_without_the_secrets_that_its_definition_names(
    secrets: list[dict[str, Any]], client: str, fault: dict[str, str]
):
    sealed = [
        SealedSecret(name="db", version=1, sealed_for="key", sealed="box", **each)
        for each in secrets
    ]
    catalog = a_catalog(a_definition(secrets={"URL": "db"}), secrets=sealed)

    _, faults = check(catalog, client=client)

    assert list(faults) == list(fault)
    assert all(detail in faults[pointer] for pointer, detail in fault.items())
