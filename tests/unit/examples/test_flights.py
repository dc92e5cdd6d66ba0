from collections.abc import Callable
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

KNOWN_TOO_LATE = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}


@pytest.fixture
def flights(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("flights")


def a_table(**columns: list[Any]) -> pd.DataFrame:
    row = {
        "year": 2013,
        "month": 1,
        "day": 1,
        "sched_dep_time": 1745,
        "sched_arr_time": 2010,
        "arr_delay": 0.0,
        "carrier": "UA",
        "flight": 1,
        "tailnum": "N1",
        "origin": "EWR",
        "dest": "ORD",
        "distance": 719,
        "time_hour": "2013-01-01T22:00:00Z",
    }
    count = max((len(values) for values in columns.values()), default=1)
    return pd.DataFrame({name: [value] * count for name, value in row.items()} | columns)


def the_planes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tailnum": ["N1"],
            "year": [2003.0],
            "manufacturer": ["BOEING"],
            "seats": [150],
            "engine": ["Turbo-fan"],
        }
    )


def the_weather(flights: ModuleType) -> pd.DataFrame:
    hour = {"origin": ["EWR"], "time_hour": ["2013-01-01T22:00:00Z"]}
    return pd.DataFrame(hour | {name: [1.5] for name in flights.WEATHER_FEATURES})


def features_of(flights: ModuleType, table: pd.DataFrame) -> pd.DataFrame:
    counted = flights.count_departures(table)
    rows = flights.add_features(counted, planes=the_planes(), weather=the_weather(flights))
    assert isinstance(rows, pd.DataFrame)
    return rows


def test_no_feature_is_known_only_after_departure(flights: ModuleType) -> None:
    assert not KNOWN_TOO_LATE & set(flights.FEATURES)


def test_only_the_arrival_delay_of_a_flight_itself_is_read(flights: ModuleType) -> None:
    assert KNOWN_TOO_LATE & set(flights.FLIGHT_COLUMNS) == {"arr_delay"}


def test_features_are_the_same_whatever_the_arrival_delay(flights: ModuleType) -> None:
    punctual = features_of(flights, a_table(arr_delay=[-5.0]))
    late = features_of(flights, a_table(arr_delay=[300.0]))

    pd.testing.assert_frame_equal(punctual[flights.FEATURES], late[flights.FEATURES])


@pytest.mark.parametrize(("minutes", "late"), [(-10.0, False), (15.0, False), (16.0, True)])
def test_a_flight_is_late_after_more_than_fifteen_minutes(
    flights: ModuleType, minutes: float, late: bool
) -> None:
    assert flights.is_late(a_table(arr_delay=[minutes])).tolist() == [late]


def test_flights_without_an_arrival_are_left_out(flights: ModuleType) -> None:
    table = a_table(flight=[1, 2], arr_delay=[3.0, None])

    assert flights.select_flights(table, "UA", [1])["flight"].tolist() == [1]


def test_only_the_airline_and_the_months_asked_for_are_selected(flights: ModuleType) -> None:
    table = a_table(flight=[1, 2, 3], carrier=["UA", "HA", "UA"], month=[1, 1, 2])

    assert flights.select_flights(table, "UA", [1])["flight"].tolist() == [1]


def test_departures_in_the_hour_count_all_airlines_at_that_airport(flights: ModuleType) -> None:
    table = a_table(carrier=["UA", "HA", "UA"], origin=["EWR", "EWR", "JFK"])

    assert flights.count_departures(table)["departures_in_hour"].tolist() == [2, 2, 1]


def test_plane_and_weather_are_joined(flights: ModuleType) -> None:
    row = features_of(flights, a_table()).iloc[0]

    assert (row["plane_age"], row["seats"], row["temp"]) == (10, 150, 1.5)


def test_an_unknown_plane_keeps_the_flight_with_missing_values(flights: ModuleType) -> None:
    row = features_of(flights, a_table(tailnum=["N2"])).iloc[0]

    assert row[["plane_age", "seats", "manufacturer"]].isna().all()


def test_clock_times_become_minutes(flights: ModuleType) -> None:
    assert flights.minutes_of_day(pd.Series([5, 1745, 2400])).tolist() == [5, 1065, 1440]


def test_no_day_is_on_both_sides_of_the_split(flights: ModuleType) -> None:
    rows = features_of(flights, a_table(day=[1, 1, 2, 2, 3, 3, 4, 4, 5, 5]))

    earlier, later = flights.split_by_date(rows, 0.3)

    assert earlier["date"].max() < later["date"].min()
    assert len(earlier) + len(later) == len(rows)
