from mlmon_scheduler.domain.fences import Fence


def test_fences_are_compared_as_numbers_epoch_first():
    in_order = ["1.9", "1.10", "9.1", "10.1"]

    assert sorted(map(Fence.parse, in_order)) == [Fence.parse(text) for text in in_order]
    assert [str(Fence.parse(text)) for text in in_order] == in_order


def test_what_is_no_fence_is_older_than_every_fence():
    for text in ("", "1", "1.", "1.2.3", "x.1", "-1.2"):
        assert Fence.parse(text) < Fence(1, 1)
