import pytest

from mlmon_shared.errors import ConfigurationError
from mlmon_standalone.agents import AgentPlan, read_plans, write_plans

LOCAL = AgentPlan(name="local", pool="default")
LARGE = AgentPlan(
    name="large",
    pool="gpus",
    cpu=7.5,
    memory=2**34,
    disk=2**40,
    process_images={"mlmon/train:1": {"folder": "/train", "path": ["/usr/bin"]}},
)


def test_default_plan_is_kept_for_the_next_start(data):
    first = read_plans(data, [LOCAL])

    assert first == read_plans(data, [LARGE]) == [LOCAL]


def test_plans_are_read_as_they_were_written(data):
    write_plans(data, [LOCAL, LARGE])

    assert read_plans(data, []) == [LOCAL, LARGE]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[{",
        "null",
        "{}",
        "[7]",
        '[{"name": "local"}]',
        '[{"name": "local", "pool": 7}]',
        '[{"name": "local", "pool": "default", "cpu": "many"}]',
        '[{"name": "local", "pool": "default", "colour": "red"}]',
        '[{"name": ["local"], "pool": null}]',
        "\x00",
    ],
)
def test_damaged_file_is_refused_in_one_line_that_names_it(data, text):
    data.agents_file.write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        read_plans(data, [LOCAL])

    assert caught.value.detail.startswith(f"{data.agents_file} is damaged (")
    assert caught.value.detail.endswith("); delete it to start one agent")
    assert "\n" not in caught.value.detail


def test_file_that_is_not_text_is_refused(data):
    data.agents_file.write_bytes(b"\xff\xfe\xff")

    with pytest.raises(ConfigurationError, match="is damaged"):
        read_plans(data, [LOCAL])


def test_file_that_cannot_be_read_is_refused(data):
    data.agents_file.mkdir()

    with pytest.raises(ConfigurationError, match=r"cannot read .*: Is a directory"):
        read_plans(data, [LOCAL])


def test_damaged_file_is_left_for_its_owner_to_look_at(data):
    data.agents_file.write_text("[{")
    with pytest.raises(ConfigurationError):
        read_plans(data, [LOCAL])

    assert data.agents_file.read_text() == "[{"
