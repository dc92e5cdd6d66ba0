from mlmon_scheduler.domain.gates import gates_of
from mlmon_shared.wire.job_definitions import JobDefinition


def gates(**concurrency: object) -> str:
    document = {"name": "score", "image": "image", "command": ["true"], "concurrency": concurrency}
    return gates_of(JobDefinition.model_validate(document), "acme")


def test_job_without_limits_has_no_gates():
    assert gates() == ""


def test_each_limit_is_a_gate():
    assert gates(per_client=1, total=200, resources={"warehouse": 2, "api": 1}) == (
        "client:acme:score=1/1;job:score=1/200;resource:api=1/;resource:warehouse=2/;"
    )
