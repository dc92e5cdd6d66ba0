from mlmon_scheduler.domain.recovery import EpochState, Phase, find_newer
from mlmon_shared.wire.history import StreamDocument


def stream(epoch: int, position: str = "5-0", *, is_broken: bool = False) -> StreamDocument:
    return StreamDocument(epoch=epoch, position=position, is_broken=is_broken)


def test_store_that_history_follows_is_no_older():
    assert find_newer(2, [stream(1, is_broken=True), stream(2)]) is None
    assert find_newer(1, []) is None


def test_epoch_that_was_given_and_never_used_proves_nothing():
    assert find_newer(2, [stream(2), stream(3, "0-0")]) is None


def test_events_of_a_later_epoch_prove_an_older_store():
    assert "epoch 3" in (find_newer(2, [stream(2), stream(3)]) or "")


def test_broken_stream_of_the_epoch_proves_an_older_store():
    assert find_newer(2, [stream(2, is_broken=True)]) is not None


def test_shard_is_closed_until_its_runs_are_back():
    phases = [None, Phase.CLEARING, Phase.RESTORING, Phase.SYNCING]

    closed = [EpochState(1, phase).is_closed for phase in phases]

    assert closed == [False, True, True, False]
