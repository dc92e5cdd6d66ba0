from mlmon_scheduler.domain.gates import explain_shortage, gates_of
from mlmon_shared.wire.job_definitions import JobDefinition


def a_definition(**concurrency: object) -> JobDefinition:
    document = {"name": "score", "image": "image", "command": ["true"], "concurrency": concurrency}
    return JobDefinition.model_validate(document)


def gates(**concurrency: object) -> str:
    return gates_of(a_definition(**concurrency), "acme")


def test_job_without_limits_has_no_gates():
    assert gates() == ""


def test_each_limit_is_a_gate():
    assert gates(per_client=1, total=200, resources={"warehouse": 2, "api": 1}) == (
        "client:acme:score=1/1;job:score=1/200;resource:api=1/;resource:warehouse=2/;"
    )


def test_amount_up_to_the_capacity_can_start():
    definition = a_definition(resources={"warehouse": 2})

    assert explain_shortage(definition, {"warehouse": 2}) is None
    assert explain_shortage(a_definition(), {}) is None


def test_amount_over_the_capacity_is_explained():
    definition = a_definition(resources={"api": 1, "warehouse": 3})

    assert explain_shortage(definition, {"api": 1, "warehouse": 2}) == (
        "it takes 3 of warehouse, whose capacity is 2"
    )


def test_resource_that_does_not_exist_is_named():
    definition = a_definition(resources={"warehouse": 1})

    assert explain_shortage(definition, {"warehouses": 5}) == (
        'no resource is named "warehouse"; did you mean "warehouses"?'
    )
