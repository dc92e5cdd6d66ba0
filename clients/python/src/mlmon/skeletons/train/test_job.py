"""Run with pytest."""

import train


def test_the_line_is_found():
    model = train.fit([(0, 2), (1, 5), (2, 8)])

    assert model == {"slope": 3, "intercept": 2}


def test_a_client_always_gets_the_same_rows():
    assert train.load("acme", 20) == train.load("acme", 20) != train.load("globex", 20)
