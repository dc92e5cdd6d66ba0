"""Run with pytest."""

import etl


def test_wrong_rows_are_counted_and_left_out():
    rows = [
        {"day": "2026-01-05", "amount": "1"},
        {"day": "2026-01-05", "amount": "2"},
        {"day": "2026-01-06", "amount": "?"},
        {"day": "", "amount": "3"},
    ]

    assert etl.transform(rows) == ({"2026-01-05": 3.0}, 2, 2)


def test_the_source_beside_the_code_can_be_read():
    assert all({"day", "amount"} <= row.keys() for row in etl.extract("raw.csv"))
