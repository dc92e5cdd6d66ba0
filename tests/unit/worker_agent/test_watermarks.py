from mlmon_worker_agent.domain.watermarks import is_durable, position_key


def test_positions_compare_as_numbers():
    assert position_key("9-10") > position_key("9-2")
    assert position_key("10-0") > position_key("9-99")
    assert position_key("") < position_key("0-1")


def test_event_at_the_watermark_is_durable():
    assert is_durable(epoch=1, position="5-1", watermark_epoch=1, watermark="5-1")
    assert not is_durable(epoch=1, position="5-2", watermark_epoch=1, watermark="5-1")


def test_watermark_of_another_epoch_says_nothing():
    assert not is_durable(epoch=1, position="5-1", watermark_epoch=2, watermark="9-0")
