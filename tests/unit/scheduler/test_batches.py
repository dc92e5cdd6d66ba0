import itertools

import pytest

from mlmon_scheduler.domain.batches import BatchCycleError, loading_order


def test_parents_are_loaded_before_their_dependants():
    parents = {"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []}

    order = loading_order(parents)

    assert sorted(order) == ["a", "b", "c", "d"]
    for child, upstream in parents.items():
        assert all(order.index(parent) < order.index(child) for parent in upstream)


def test_items_without_edges_keep_their_order():
    keys = [f"item-{number}" for number in range(50)]

    assert loading_order({key: [] for key in keys}) == keys


def test_circle_is_named_in_the_direction_that_one_waits_on_the_other():
    parents = {"start": [], "a": ["start", "c"], "b": ["a"], "c": ["b"]}

    with pytest.raises(BatchCycleError) as caught:
        loading_order(parents)

    path = caught.value.path
    assert path[0] == path[-1]
    assert set(path) == {"a", "b", "c"}
    assert all(after in parents[before] for before, after in itertools.pairwise(path))
    assert str(caught.value) == " → ".join(path)


def test_item_that_waits_on_itself_is_a_circle():
    with pytest.raises(BatchCycleError) as caught:
        loading_order({"a": ["a"]})

    assert caught.value.path == ["a", "a"]


def test_long_circle_is_named_by_its_ends():
    parents = {str(number): [str((number + 1) % 3000)] for number in range(3000)}

    with pytest.raises(BatchCycleError) as caught:
        loading_order(parents)

    words = str(caught.value).split(" → ")
    assert len(words) == 41
    assert words[20] == "… 2961 more …"
    assert words[0] == words[-1]
    assert len(caught.value.path) == 3001
