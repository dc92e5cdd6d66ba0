import pytest

from mlmon_scheduler.adapters.redis.keys import TEMPLATES, key


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_key_is_in_the_slot_of_its_shard(name: str):
    arguments = ["x"] * TEMPLATES[name].count("?")

    assert key(name, *arguments).startswith("{s0}:")


def test_arguments_are_filled_in_in_order():
    assert key("attempt", "run", 2) == "{s0}:attempt:run.2"
    assert key("batch_runs", "b") == "{s0}:batch:b:runs"
    assert key("queue", "cpu", "normal") == "{s0}:q:cpu:normal"


def test_no_two_templates_are_the_same():
    assert len(set(TEMPLATES.values())) == len(TEMPLATES)


@pytest.mark.parametrize("arguments", [(), ("a", "b")])
def test_wrong_number_of_arguments_is_refused(arguments: tuple[str, ...]):
    with pytest.raises(ValueError, match="the key run takes 1 arguments"):
        key("run", *arguments)
