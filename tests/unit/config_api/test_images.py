"""Which names of images are refused, and what is said of them."""

import pytest

from mlmon_config_api.domain.images import find_image_faults

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    "image",
    [
        "i",
        "debian:12",
        "mlmon/flight-delays:1",
        "a__b/c-d.e--f:V1.2_x-y",
        "localhost/train",
        "registry.example.com/ds/train:1.4",
        "Registry.Example.com:5000/ds/train:1.4",
        "127.0.0.1:9/no/such:image",
        "[2001:db8::1]:5000/train:1",
        f"train@{DIGEST}",
        f"host:5000/train:1@{DIGEST}",
        f"{'a' * 255}:{'b' * 128}",
        "0123/456",
    ],
)
def test_name_that_an_engine_could_pull_is_taken(image: str) -> None:
    assert find_image_faults(image) == []


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("train 1", 'the part "train 1"'),
        ("Train:1", 'the part "Train"'),
        ("team/Train:1", 'the part "Train"'),
        ("team//train", 'the part ""'),
        ("/train", 'before its first "/"'),
        ("a..b/train", 'before its first "/"'),
        ("-host.example/train", 'before its first "/"'),
        ("https://host/train", 'before its first "/"'),
        ("train:", "which is no tag"),
        ("train:1 2", '"1 2" after its ":"'),
        (f"train:{'1' * 129}", "up to 128"),
        ("train@latest", "no digest"),
        ("train@sha256:abc", "no digest"),
        ("train:1@", "no digest"),
        ("train\n", 'the part "train\n"'),
        (f"{'a' * 256}:1", "longer than 255"),
        ("{{ params.image }}", "the part"),
        ("trän:1", 'the part "trän"'),
    ],
)
def test_other_names_are_refused_with_an_example(image: str, told: str) -> None:
    [fault] = find_image_faults(image)

    assert fault.field == "image"
    assert told in fault.detail
    assert "registry.example.com/team/train:1.4" in fault.detail
