from datetime import UTC, datetime

from mlmon_worker_agent.domain.watermarks import KnownHistory, is_durable, position_key

GRANTED = datetime.fromtimestamp(5, UTC)


def test_positions_compare_as_numbers():
    assert position_key("9-10") > position_key("9-2")
    assert position_key("10-0") > position_key("9-99")
    assert position_key("") < position_key("0-1")


def test_event_at_the_watermark_is_durable():
    assert is_durable(epoch=1, position="5-1", watermark_epoch=1, watermark="5-1")
    assert not is_durable(epoch=1, position="5-2", watermark_epoch=1, watermark="5-1")


def test_watermark_of_another_epoch_says_nothing():
    assert not is_durable(epoch=1, position="5-1", watermark_epoch=2, watermark="9-0")


def test_grant_is_young_until_history_has_later_events():
    history = KnownHistory()
    assert history.is_young(GRANTED)

    history.note_watermark(epoch=1, position="5000-7")
    assert history.is_young(GRANTED)

    history.note_watermark(epoch=1, position="5001-0")
    assert not history.is_young(GRANTED)


def test_grant_of_unknown_time_is_young():
    history = KnownHistory()
    history.note_watermark(epoch=1, position="5001-0")

    assert history.is_young(None)


def test_adopted_attempt_is_young_until_history_has_its_adoption():
    history = KnownHistory()
    history.note_watermark(epoch=1, position="6000-0")
    history.note_adoption(epoch=2, position="7000-3")
    history.note_watermark(epoch=2, position="7000-2")
    assert history.is_young(GRANTED)
    assert history.certain == (2, "")

    history.note_watermark(epoch=2, position="7000-3")
    assert not history.is_young(GRANTED)
    assert history.certain == (2, "7000-3")


def test_scheduler_that_is_recovering_says_nothing_about_history():
    history = KnownHistory()
    history.note_watermark(epoch=1, position="6000-0")
    history.note_watermark(epoch=0, position="0-0")

    assert not history.is_young(GRANTED)
