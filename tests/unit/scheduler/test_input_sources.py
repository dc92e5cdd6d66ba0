import pytest

from mlmon_scheduler.domain.input_sources import (
    S3Source,
    check_bucket,
    fill_in_https,
    fill_in_s3,
)
from mlmon_scheduler.errors import InputRefusedError

VALUES = {"client.name": "acme", "params.month": 12, "params.path": "a b/é?x=1#y"}


def test_key_is_filled_in_as_it_stands():
    found = fill_in_s3("s3://bucket/{{ client.name }}/{{params.month}}/{{ params.path }}", VALUES)

    assert found == S3Source("bucket", "acme/12/a b/é?x=1#y")
    assert found.url == "s3://bucket/acme/12/a b/é?x=1#y"


def test_values_in_a_url_are_quoted_with_their_slashes():
    url = fill_in_https("https://host.example/{{ params.path }}?of={{ client.name }}", VALUES)

    assert url == "https://host.example/a%20b%2F%C3%A9%3Fx%3D1%23y?of=acme"


@pytest.mark.parametrize("value", ["..", "../other", "a/../b", ".", "", "a//b", "a\nb", "x" * 2000])
def test_value_cannot_lead_out_of_its_folder_of_a_bucket(value: str):
    with pytest.raises(InputRefusedError, match="is no key of an object"):
        fill_in_s3("s3://bucket/{{ client.name }}/{{ params.x }}", {**VALUES, "params.x": value})


@pytest.mark.parametrize("value", ["..", "../other", "%2e%2e"])
def test_value_cannot_lead_out_of_its_folder_of_a_host(value: str):
    template = "https://host.example/data/{{ params.x }}/file"
    if value == "%2e%2e":
        # Quoted once more, it is text and no step up.
        assert "%252e" in fill_in_https(template, {"params.x": value})
        return
    with pytest.raises(InputRefusedError, match="has a part"):
        fill_in_https(template, {"params.x": value})


def test_bucket_must_be_listed_whole_or_by_prefix():
    source = S3Source("bucket", "data/acme/a")
    for allowed in (["bucket"], ["bucket/data"], ["bucket/data/"], ["x", "bucket/data/acme/a"]):
        check_bucket(source, allowed)

    for refused in ([], ["buck"], ["bucket-2"], ["bucket/dat"], ["bucket/other"]):
        with pytest.raises(InputRefusedError, match="MLMON_SCHEDULER_INPUT_BUCKETS"):
            check_bucket(source, refused)
