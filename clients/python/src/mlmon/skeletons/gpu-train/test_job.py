"""Run with pytest."""

import train


def test_the_loss_falls():
    losses = []

    train.fit(
        train.load("acme"),
        epochs=10,
        rate=0.05,
        device="cpu",
        on_epoch=lambda _, loss: losses.append(loss),
    )

    assert losses[-1] < losses[0] / 10


def test_the_device_is_what_the_machine_has(tmp_path):
    assert train.choose_device(tmp_path) == "cpu"
    (tmp_path / "nvidia0").touch()

    assert train.choose_device(tmp_path) == "cuda"
