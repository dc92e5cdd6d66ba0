import pytest

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import Resources, Retries, Timeouts
from mlmon_shared.wire.states import NetworkPolicy
from mlmon_worker_agent.adapters.docker.containers import container_environment
from mlmon_worker_agent.adapters.docker.images import ImageFacts
from mlmon_worker_agent.adapters.docker.users import ContainerUser

IMAGE = ImageFacts("sha256:1", ContainerUser(1000, 1000), {})


@pytest.mark.parametrize("network", NetworkPolicy)
def test_token_is_given_to_containers_that_can_reach_the_api(network):
    spec = AttemptSpec(
        run_id="run-1",
        attempt=1,
        fence="1.1",
        job="job",
        version=1,
        client="acme",
        image="image",
        command=["true"],
        environment={},
        params={},
        resources=Resources(),
        timeouts=Timeouts(),
        retries=Retries(),
        inputs=[],
        outputs=[],
        network=network,
        token="mlt1.token",
    )
    environment = container_environment(spec, IMAGE, api_url="http://scheduler")

    expected = None if network is NetworkPolicy.NONE else "mlt1.token"
    assert environment.get("MLMON_TOKEN") == expected
