import pytest

from mlmon_shared.wire.states import Cause
from mlmon_worker_agent.adapters.docker.pulls import explain_pull


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("manifest for ds/scores:2 not found: manifest unknown", "does not have it"),
        ("repository name not known to registry: name unknown", "does not have it"),
        (
            "pull access denied for ds/scores, repository does not exist or may require login",
            "does not have it, or wants a login that this host lacks",
        ),
        (
            "Get https://r.example.com/v2/: unauthorized: authentication required",
            "wants a login that this host lacks",
        ),
        ("no basic auth credentials", "wants a login that this host lacks"),
        (
            'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com: no such host',
            "could not be reached",
        ),
        ("dial tcp 127.0.0.1:9: connect: connection refused", "could not be reached"),
        ("net/http: request canceled (Client.Timeout exceeded)", "could not be reached"),
        ("no matching manifest for linux/arm64/v8 in the manifest list", "other processors"),
        ("toomanyrequests: You have reached your pull rate limit", "takes no more pulls"),
        ("x509: certificate signed by unknown authority", "is not trusted on this host"),
        ("unexpected EOF", "the pull failed (unexpected EOF)"),
    ],
)
def test_answer_of_an_engine_is_explained(said: str, why: str):
    error = explain_pull("ds/scores:2", said)

    assert error.cause is Cause.IMAGE
    assert error.detail.startswith("The image ds/scores:2 is not on this host, and ")
    assert why in error.detail
    assert said in error.detail


def test_full_disk_is_no_fault_of_the_image():
    error = explain_pull("ds/scores:2", "write /var/lib/docker/x: no space left on device")

    assert error.cause is Cause.DISK
