from typing import Any

import pytest

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.job_definitions import Input, JobDefinition
from mlmon_shared.wire.validation import validate

DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("source", "is_artifact"),
    [
        ("artifact:train/a/b.bin", True),
        ("s3://bucket/key", False),
        ("s3://my.bucket-1/{{ client.name }}/{{ params.month }}.csv", False),
        ("https://host.example/data.csv", False),
        ("https://host.example:8443/{{ client.labels.tier }}/x?y={{ run.slot_date }}", False),
        ("https://[2001:db8::1]/x", False),
    ],
)
def test_source_is_taken(source: str, is_artifact: bool):
    found = validate(Input, {"from": source, "to": "x"})

    assert (found.source, found.is_artifact) == (source, is_artifact)


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ({"from": "/etc/passwd"}, "/from", 'write "artifact:<job>/<path>", "s3://'),
        ({"from": "http://host.example/x"}, "/from", "https://<host>/<path>"),
        ({"from": "https://host.example"}, "/from", "https://<host>/<path>"),
        ({"from": "https://user@host.example/x"}, "/from", "https://<host>/<path>"),
        ({"from": "https://host.example/x#y"}, "/from", "https://<host>/<path>"),
        ({"from": "https://{{ params.host }}/x"}, "/from", "bucket and host have no templates"),
        ({"from": "https://a{{ params.host }}.b/x"}, "/from", "have no templates"),
        ({"from": "s3://{{ client.name }}/x"}, "/from", "bucket and host have no templates"),
        ({"from": "s3://Bucket/x"}, "/from", "s3://<bucket>/<key>"),
        ({"from": "s3://bucket/"}, "/from", "s3://<bucket>/<key>"),
        ({"from": "s3://bucket/{{ client.title }}"}, "/from", "{{ client.title }} is unknown"),
        ({"from": "s3://bucket/x", "to": "x/"}, "/to", "this is one file"),
        ({"from": "s3://bucket/x", "sha256": "abc"}, "/sha256", "pattern"),
        ({"from": "artifact:a/b", "sha256": DIGEST}, "/sha256", "leave sha256 out"),
        ({"from": "artifact:a/b", "to": "../x"}, "/to", "no '..'"),
        ({"from": "artifact:a/b", "to": "x" * 256}, "/to", "255 between two slashes"),
        ({"from": "artifact:a/b", "to": "a\x7fb"}, "/to", "no control character"),
    ],
)
def test_what_is_no_input_is_refused_at_its_place(given: dict[str, Any], pointer: str, detail: str):
    with pytest.raises(InvalidRequestError) as caught:
        validate(Input, {"to": "x", **given})

    (fault,) = caught.value.errors
    assert fault["pointer"] == pointer
    assert detail in fault["detail"]


def test_place_of_checkpoints_is_no_place_for_inputs_of_a_job_that_has_some():
    job = {
        "name": "train",
        "image": "i",
        "command": ["c"],
        "inputs": [{"from": "s3://bucket/x", "to": "checkpoint/x"}],
    }
    assert validate(JobDefinition, job).checkpoints == []

    with pytest.raises(InvalidRequestError) as caught:
        validate(JobDefinition, {**job, "outputs": [{"path": "a", "kind": "checkpoint"}]})

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/inputs/0/to"
    assert "checkpoint is where the run's checkpoints are put" in fault["detail"]
